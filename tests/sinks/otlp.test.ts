import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeOtlpSender } from '../../gateway/sinks/otlp.ts';
import { writeLogRecord } from '../../gateway/sinks/otlp-record.ts';
import { eventually, openSink, testSinkContract, timeoutMs } from './contract.ts';
import { type HttpReceiver, type Received, startHttpReceiver } from './http-receiver.ts';
import { makeTestLog } from './log.ts';
import { administrativeRecord, allowed, delivered, denied, failed, summary } from './samples.ts';

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface LogRecord {
  readonly attributes: readonly KeyValue[];
  readonly body: { readonly stringValue: string };
}

function only(value: object, names: readonly string[]): void {
  for (const name of Object.keys(value)) assert.ok(names.includes(name), `OTLP has no ${name} there`);
}

/** One kind of value, spelt as proto3's JSON mapping wants it (64-bit integers are strings). */
function checkValue(value: object): void {
  const entries = Object.entries(value);
  assert.equal(entries.length, 1, 'one kind of value');
  const [kind, content] = entries[0] ?? [];
  if (kind === 'stringValue') assert.equal(typeof content, 'string');
  else if (kind === 'boolValue') assert.equal(typeof content, 'boolean');
  else if (kind === 'intValue') assert.ok(typeof content === 'string' && /^-?\d+$/.test(content));
  else if (kind === 'doubleValue') assert.equal(typeof content, 'number');
  else if (kind === 'arrayValue') for (const each of (content as { values: object[] }).values) checkValue(each);
  else assert.fail(`OTLP has no ${kind}`);
}

function checkAttributes(attributes: readonly KeyValue[]): void {
  for (const each of attributes) {
    only(each, ['key', 'value']);
    checkValue(each.value);
  }
  const keys = attributes.map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length, 'no key stands twice');
}

/** Refuses what is not an ExportLogsServiceRequest in OTLP's JSON (opentelemetry-proto 1.x). @returns its records */
function checkRequest(body: Buffer): readonly LogRecord[] {
  const request = JSON.parse(body.toString('utf8'));
  only(request, ['resourceLogs']);
  const records: LogRecord[] = [];
  for (const resourceLogs of request.resourceLogs) {
    only(resourceLogs, ['resource', 'scopeLogs', 'schemaUrl']);
    only(resourceLogs.resource, ['attributes', 'droppedAttributesCount']);
    checkAttributes(resourceLogs.resource.attributes);
    for (const scopeLogs of resourceLogs.scopeLogs) {
      only(scopeLogs, ['scope', 'logRecords', 'schemaUrl']);
      only(scopeLogs.scope, ['name', 'version', 'attributes']);
      for (const record of scopeLogs.logRecords) {
        only(record, [
          'timeUnixNano',
          'observedTimeUnixNano',
          'severityNumber',
          'severityText',
          'eventName',
          'body',
          'attributes',
          'traceId',
          'spanId',
          'flags',
        ]);
        assert.match(record.timeUnixNano, /^\d{19}$/);
        assert.ok(record.severityNumber >= 1 && record.severityNumber <= 24);
        checkValue(record.body);
        checkAttributes(record.attributes);
        if (record.traceId !== undefined) assert.match(record.traceId, /^[0-9a-f]{32}$/);
        if (record.spanId !== undefined) assert.match(record.spanId, /^[0-9a-f]{16}$/);
        records.push(record);
      }
    }
  }
  assert.ok(records.length > 0);
  return records;
}

function check({ method, path, headers, body }: Received): void {
  assert.deepEqual([method, path, headers['content-type']], ['POST', '/v1/logs', 'application/json']);
  checkRequest(body);
}

const entriesOf = ({ accepted }: HttpReceiver) =>
  accepted
    .flatMap(({ body }) => checkRequest(body))
    .map((record) => JSON.parse(record.body.stringValue) as { kind: string; decision_id: string });

testSinkContract({
  name: 'otlp',
  carries: 'every line',
  async start(t) {
    const receiver = await startHttpReceiver(t, { check });
    const arrived = () =>
      entriesOf(receiver)
        .filter(({ kind }) => kind === 'decided')
        .map(({ decision_id }) => decision_id);
    return { receiver, makeSender: () => makeOtlpSender({ configuration: { url: receiver.url, timeoutMs } }), arrived };
  },
});

test('records that the receiver rejects by a partial success are not taken as delivered', async (t) => {
  const log = await makeTestLog(t);
  const receiver = await startHttpReceiver(t, { answer: '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"no"}}' });
  await log.decide(1);
  const { sink } = await openSink(t, log, makeOtlpSender({ configuration: { url: receiver.url, timeoutMs } }));
  await eventually(() => sink.status().failing === 'rejected', 'it is seen');
  assert.equal(sink.status().delivered_lines, 0);
  await log.close();
});

const write = (entry: Parameters<typeof writeLogRecord>[1]) =>
  writeLogRecord({ segment: 'decisions-1', number: 7, bytes: Buffer.from('{"seq":7}') }, entry);
const plain = (entry: Parameters<typeof writeLogRecord>[1]) =>
  Object.fromEntries(write(entry).attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

test('an allowed request as a log record', () => {
  const record = write(allowed);
  assert.deepEqual([record.timeUnixNano, record.severityNumber, record.eventName], ['1772445600000000000', 9, 'regate.decided']);
  assert.deepEqual([record.traceId, record.spanId], ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']);
  assert.deepEqual(record.body, { stringValue: '{"seq":7}' });
  assert.deepEqual(plain(allowed), {
    ...{ 'regate.log.segment': 'decisions-1', 'regate.log.line': '7', 'regate.label.site': 'fra' },
    ...{ 'regate.decision.id': allowed.decision_id, 'regate.request.id': allowed.request_id, 'regate.attempt': '1' },
    ...{ 'regate.identity.originator': 'ada', 'regate.identity.originator.kind': 'person' },
    ...{ 'regate.identity.caller': 'helper', 'regate.identity.caller.kind': 'agent' },
    ...{
      'regate.decision': 'allow',
      'regate.policy.bundle': 'default',
      'regate.policy.revision': 'r7',
      'regate.policy.reasons': { values: [] },
    },
    ...{ 'client.address': '198.51.100.7', 'http.request.method': 'POST', 'url.path': '/v1/chat/completions', 'regate.operation': 'chat' },
    ...{ 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4.1-2025' },
    ...{ 'regate.model': 'gpt-4.1', 'regate.backend': 'openai', 'regate.credential.id': 'openai-main' },
  });
});

test('the other kinds of records, by how grave they are and what is told of them', () => {
  assert.deepEqual(
    [denied, failed, administrativeRecord, delivered, summary].map((entry) => write(entry).severityText),
    ['WARN', 'ERROR', 'INFO', 'INFO', 'WARN'],
  );
  assert.deepEqual(plain(denied)['regate.policy.reasons'], { values: [{ stringValue: 'model.not-allowed' }] });
  assert.equal(plain(failed)['regate.code'], 'policy.deadline');
  assert.equal(plain(administrativeRecord)['regate.action'], 'keys.create');
  assert.equal(plain(summary)['regate.refused'], '12');
  const ended = plain(delivered);
  assert.deepEqual(
    [
      ended['regate.outcome'],
      ended['gen_ai.usage.input_tokens'],
      ended['gen_ai.response.time_to_first_chunk'],
      ended['http.response.status_code'],
    ],
    ['completed', '10', 0.12, '200'],
  );
});
