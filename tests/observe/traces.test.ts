import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Configuration } from '../../gateway/vocabulary/configuration.ts';
import { startDemoGateway } from '../main/gateway.ts';
import { type SpanSeen, startOtlpReceiver } from './otlp-receiver.ts';

const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const secret = 'sk-live-0123456789abcdefghijklmnopqrstuv';

async function start(t: TestContext, more: Partial<NonNullable<Configuration['traces']>> = {}) {
  const receiver = await startOtlpReceiver(t);
  const traces = { url: receiver.url, headers: {}, ratio: 1, guardrailNames: false, serviceName: 'regate-test', ...more };
  const { gateway, demo } = await startDemoGateway(t, { configure: (configuration) => ({ ...configuration, traces }) });
  const ca = await readFile(gateway.caPath ?? '');
  const post = (who: string, body: object, headers: Record<string, string> = {}) =>
    new Promise<number>((resolve, reject) => {
      const given = { authorization: `Bearer ${demo.tokens[who] ?? who}`, 'content-type': 'application/json', ...headers };
      const call = request(`${gateway.url}/v1/chat/completions`, { method: 'POST', ca, headers: given }, (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer.statusCode ?? 0));
      });
      call.on('error', reject);
      call.end(JSON.stringify(body));
    });
  const ended = async (): Promise<readonly SpanSeen[]> => {
    await gateway.stop();
    assert.deepEqual(receiver.problems, []);
    return receiver.spans;
  };
  return { post, ended, demo, receiver };
}

const hello = {
  model: 'gpt-5-mini',
  temperature: 0.5,
  max_completion_tokens: 7,
  messages: [{ role: 'user', content: `my key is ${secret}` }],
};
const byKind = (spans: readonly SpanSeen[], kind: number) => spans.find((span) => span.kind === kind);

test('a request is a span, its decision one below it, the call another, in the caller’s trace and on to the backend', async (t) => {
  const { post, ended, demo, receiver } = await start(t);
  assert.equal(await post('agent-for-service', hello, { traceparent: `00-${caller.traceId}-${caller.spanId}-01` }), 200);
  const spans = await ended();
  const [server, call, decision] = [byKind(spans, 2), byKind(spans, 3), byKind(spans, 1)];
  for (const span of [server, call, decision]) assert.equal(span?.traceId, caller.traceId);
  assert.equal(server?.parentSpanId, caller.spanId);
  assert.equal(call?.parentSpanId, server?.spanId);
  assert.equal(decision?.parentSpanId, server?.spanId);
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, 3);

  assert.equal(call?.name, 'chat gpt-5-mini');
  assert.equal(call?.attributes['gen_ai.operation.name'], 'chat');
  assert.equal(call?.attributes['gen_ai.provider.name'], 'openai');
  assert.equal(call?.attributes['gen_ai.request.model'], 'gpt-5-mini');
  assert.equal(call?.attributes['gen_ai.response.model'], 'gpt-5-mini');
  assert.ok(Number(call?.attributes['gen_ai.usage.input_tokens']) > 0);
  assert.equal(server?.attributes['regate.identity.originator'], 'demo:ada');
  assert.equal(server?.attributes['regate.identity.caller'], 'demo:triage-agent');
  assert.equal(server?.attributes['http.response.status_code'], 200);
  assert.equal(decision?.attributes['regate.decision.allow'], true);
  assert.ok(decision?.attributes['regate.policy.revision']);
  assert.equal(server?.resource['service.name'], 'regate-test');

  const sent = demo.upstream.requests.at(-1)?.headers['traceparent'];
  assert.equal(sent, `00-${caller.traceId}-${call?.spanId}-01`, 'the backend’s caller is the call');
  const told = receiver.text();
  for (const hidden of [secret, 'my key is', demo.tokens['agent-for-service'] ?? '-']) assert.ok(!told.includes(hidden));
});

test('a refusal has no call, says why, and a trace begins here where the caller has none', async (t) => {
  const { post, ended } = await start(t, { guardrailNames: true });
  assert.equal(await post('engineer-personal-laptop', { ...hello, model: 'gpt-5.1' }), 403);
  const spans = await ended();
  assert.equal(byKind(spans, 3), undefined);
  const [server, decision] = [byKind(spans, 2), byKind(spans, 1)];
  assert.equal(server?.parentSpanId, undefined);
  assert.equal(server?.attributes['error.type'], 'policy.denied');
  assert.equal(server?.traceId, String(server?.attributes['regate.request.id']).replaceAll('-', ''));
  assert.equal(decision?.name, 'run_guardrail');
  assert.equal(decision?.attributes['gen_ai.guardrail.verdict.type'], 'deny');
  assert.deepEqual(decision?.attributes['regate.policy.reasons'], ['device.unmanaged']);
});

test('a trace that its caller does not keep is not kept, nor one that falls outside the share; the backend hears so', async (t) => {
  const { post, ended, demo } = await start(t, { ratio: 0 });
  await post('contractor', hello, { traceparent: `00-${caller.traceId}-${caller.spanId}-00` });
  assert.match(String(demo.upstream.requests.at(-1)?.headers['traceparent']), new RegExp(`^00-${caller.traceId}-[0-9a-f]{16}-00$`));
  await post('contractor', hello);
  assert.match(String(demo.upstream.requests.at(-1)?.headers['traceparent']), /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  assert.deepEqual(await ended(), []);
});

test('a receiver that is away costs spans and nothing else', async (t) => {
  const { post, ended } = await start(t, { url: 'http://127.0.0.1:1/v1/traces' });
  assert.equal(await post('contractor', hello), 200);
  await ended();
});
