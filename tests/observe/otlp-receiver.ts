import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';

export interface SpanSeen {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly resource: Readonly<Record<string, unknown>>;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * A receiver of OTLP/HTTP traces in JSON that is as strict as the protocol (opentelemetry-proto, "OTLP/HTTP", JSON encoding): ids are hex of the right
 * length, times are strings of nanoseconds in order, kinds are numbers, every attribute has exactly one typed value.
 */
export async function startOtlpReceiver(t: TestContext) {
  const spans: SpanSeen[] = [];
  const heads: Record<string, string | string[] | undefined>[] = [];
  let text = '';
  const problems: unknown[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const body = (req.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
    text += body;
    heads.push(req.headers);
    try {
      assert.equal(req.method, 'POST');
      assert.equal(req.url, '/v1/traces');
      assert.equal(req.headers['content-type'], 'application/json');
      spans.push(...readSpans(JSON.parse(body)));
      res.writeHead(200, { 'content-type': 'application/json' }).end('{"partialSuccess":{}}');
    } catch (error) {
      problems.push(error);
      res.writeHead(400).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`, spans, heads, problems, text: () => text };
}

function readSpans(body: unknown): SpanSeen[] {
  const { resourceSpans } = body as {
    resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: Record<string, unknown>[] }[] }[];
  };
  assert.ok(Array.isArray(resourceSpans) && resourceSpans.length > 0);
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map((span) => readSpan(span, readAttributes(resource.attributes)))),
  );
}

function readSpan(span: Record<string, unknown>, resource: SpanSeen['resource']): SpanSeen {
  const { traceId, spanId, parentSpanId, name, kind, startTimeUnixNano, endTimeUnixNano, attributes, status } = span;
  assert.match(String(traceId), /^[0-9a-f]{32}$/);
  assert.match(String(spanId), /^[0-9a-f]{16}$/);
  assert.ok(!/^0+$/.test(String(spanId)));
  if (parentSpanId !== undefined) assert.match(String(parentSpanId), /^[0-9a-f]{16}$/);
  assert.ok(typeof name === 'string' && name !== '');
  assert.ok(typeof kind === 'number' && kind >= 1 && kind <= 5);
  for (const time of [startTimeUnixNano, endTimeUnixNano]) assert.match(String(time), /^\d{19}$/);
  assert.ok(BigInt(String(startTimeUnixNano)) <= BigInt(String(endTimeUnixNano)));
  const { code = 0 } = (status ?? {}) as { code?: number };
  return {
    ...{
      name,
      kind,
      traceId: String(traceId),
      spanId: String(spanId),
      attributes: readAttributes(attributes as Attribute[]),
      status: code,
      resource,
    },
    parentSpanId: parentSpanId as string | undefined,
  };
}

function readAttributes(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const [[type, content] = [], another] = Object.entries(value);
      assert.equal(another, undefined, key);
      if (type === 'arrayValue')
        return [key, (content as { values: Record<string, unknown>[] }).values.map((each) => Object.values(each)[0])];
      assert.ok(['stringValue', 'intValue', 'doubleValue', 'boolValue'].includes(String(type)), key);
      return [key, content];
    }),
  );
}
