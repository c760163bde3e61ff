import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeOpaSender } from '../../gateway/sinks/opa.ts';
import { writeOpaEvent } from '../../gateway/sinks/opa-event.ts';
import type { AdministrativeRecord, DecidedRecord } from '../../gateway/vocabulary/record.ts';
import { eventually, openSink, testSinkContract, timeoutMs } from './contract.ts';
import { type HttpReceiver, type Received, startHttpReceiver } from './http-receiver.ts';
import { makeTestLog } from './log.ts';
import { administrativeRecord, allowed, denied, failed } from './samples.ts';

/** The members of an event of OPA, and what they are (openpolicyagent.org, Management APIs: Decision Logs). */
const members: Readonly<Record<string, string>> = {
  ...{ labels: 'object', decision_id: 'string', trace_id: 'string', span_id: 'string', bundles: 'object', path: 'string' },
  ...{ input: 'any', result: 'any', requested_by: 'string', timestamp: 'string', metrics: 'object', erased: 'array', masked: 'array' },
  ...{ nd_builtin_cache: 'object', error: 'object', custom: 'object' },
};
const needed = ['labels', 'decision_id', 'timestamp', 'custom'];

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Refuses what a receiver of OPA's logs could not read. */
function checkUpload({ method, path, headers, body }: Received): void {
  assert.deepEqual([method, path], ['POST', '/service/logs']);
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['content-encoding'], 'gzip');
  const events: unknown = JSON.parse(body.toString('utf8'));
  assert.ok(Array.isArray(events) && events.length > 0);
  for (const event of events as Record<string, unknown>[]) {
    for (const [name, value] of Object.entries(event)) {
      assert.ok(members[name] !== undefined, `OPA has no ${name}`);
      if (members[name] !== 'any') assert.equal(typeOf(value), members[name], name);
    }
    for (const name of needed) assert.ok(event[name] !== undefined, `${name} is there`);
  }
}

const eventsOf = ({ accepted }: HttpReceiver): readonly { decision_id: string; path?: string }[] =>
  accepted.flatMap(({ body }) => JSON.parse(body.toString('utf8')) as { decision_id: string }[]);

const configure = ({ url }: HttpReceiver, maxUploadBytes = 512 * 1024) => ({ url: `${url}/service/`, timeoutMs, maxUploadBytes });

testSinkContract({
  name: 'opa',
  carries: 'decisions',
  async start(t) {
    const receiver = await startHttpReceiver(t, { check: checkUpload });
    const makeSender = () => makeOpaSender({ configuration: configure(receiver) });
    return { receiver, makeSender, arrived: () => eventsOf(receiver).map(({ decision_id }) => decision_id) };
  },
});

test('uploads are split so that none is larger than it may be', async (t) => {
  const log = await makeTestLog(t);
  const receiver = await startHttpReceiver(t, { check: checkUpload });
  const ids = await log.decide(20);
  const { sink } = await openSink(t, log, makeOpaSender({ configuration: configure(receiver, 600) }), { batchLines: 40 });
  await eventually(() => sink.status().delivered_lines === 40, 'all are confirmed');
  assert.deepEqual(
    eventsOf(receiver).map(({ decision_id }) => decision_id),
    ids,
  );
  assert.ok(receiver.accepted.length > 1);
  for (const { headers } of receiver.accepted) assert.ok(Number(headers['content-length']) <= 600);
  await log.close();
});

test('administrative actions are decisions, too; how a request ended is none', async (t) => {
  const log = await makeTestLog(t);
  const receiver = await startHttpReceiver(t, { check: checkUpload });
  const [decision] = await log.decide(1);
  const action = await log.administer('keys.create');
  const { sink } = await openSink(t, log, makeOpaSender({ configuration: configure(receiver) }));
  await eventually(() => sink.status().lag_bytes === 0 && sink.status().delivered_lines === 3, 'all are dealt with');
  assert.deepEqual(
    eventsOf(receiver).map(({ decision_id }) => decision_id),
    [decision, action],
  );
  await log.close();
});

test('an allowed request as an event of OPA', () => {
  assert.deepEqual(writeOpaEvent(allowed), {
    ...{ labels: { site: 'fra' }, decision_id: allowed.decision_id, timestamp: '2026-03-02T10:00:00.000Z' },
    ...{ trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7', path: 'gateway/decision/answer' },
    bundles: { default: { revision: 'r7' } },
    input: { version: 1, attempt: { number: 1 } },
    result: { allow: true },
    erased: ['/input/context'],
    requested_by: '198.51.100.7',
    metrics: { timer_rego_query_eval_ns: 41_000 },
    custom: {
      regate: {
        ...{ kind: 'decided', request_id: allowed.request_id, attempt: 1, decision: 'allow', request: allowed.request },
        ...{ identity: allowed.identity, policy: allowed.policy, model: allowed.model, route: allowed.route },
      },
    },
  });
});

test('only a decision that failed is an error of OPA', () => {
  const errorOf = (entry: DecidedRecord | AdministrativeRecord) => writeOpaEvent(entry)?.error;
  assert.equal(errorOf(denied), undefined);
  assert.deepEqual(errorOf(failed), { code: 'policy.deadline', message: 'stopped after 50 ms' });
  assert.equal(errorOf(administrativeRecord), undefined);
});

test('an administrative action as an event of OPA', () => {
  const event = writeOpaEvent(administrativeRecord);
  assert.equal(event?.path, 'gateway/admin/answer');
  assert.deepEqual(event?.input, {
    action: { name: 'keys.create', resource: { type: 'key', id: 'k1' } },
    parameters: { ttl_days: 30 },
    identity: administrativeRecord.identity,
  });
  assert.deepEqual(event?.result, { allow: true });
});
