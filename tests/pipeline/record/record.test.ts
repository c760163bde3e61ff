import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breakage, isRefusal, refuse } from '../../../gateway/errors.ts';
import { delivery, makeAllowed, makeDecision, makePolicy, makeRefused, makeUnknown, setUp, start } from './record-harness.ts';

const open = makePolicy(() => []);

test('an allowed attempt is two lines, with everything that is known', async () => {
  const { recorder, appended, enqueued } = setUp();
  const story = makeAllowed();
  assert.equal(await recorder.decided(story, open), undefined);
  await recorder.delivered(story, delivery, 1.5);
  const decision = makeDecision(true);
  assert.deepEqual(appended, [
    {
      schema: 'regate.decision/1',
      kind: 'decided',
      decision_id: 'decision-1',
      request_id: 'request-1',
      attempt: 1,
      timestamp: new Date(start).toISOString(),
      labels: { gateway: 'eu-1' },
      decision: 'allow',
      bundles: { demo: { revision: 'r1' } },
      path: 'gateway/decision/answer',
      input: JSON.parse(JSON.stringify(decision.input)),
      result: JSON.parse(JSON.stringify(decision.answer)),
      erased: [],
      masked: [],
      mask: { by: 'policy' },
      metrics: { timer_rego_query_eval_ns: 42_500 },
      requested_by: '192.0.2.7',
      trace_id: 'a'.repeat(32),
      span_id: 'b'.repeat(16),
      request: {
        protocol: 'openai',
        operation: 'chat',
        method: 'POST',
        path: '/v1/chat/completions',
        stream: false,
        size_bytes: 99,
        ignored_headers: ['x-device-id'],
      },
      identity: {
        chain: [
          { kind: 'person', id: 'okta:00u1', issuer: 'okta', method: 'jwt', roles: ['engineer'] },
          { kind: 'token', id: 'jti-1', issuer: 'okta', method: 'jwt', scopes: [] },
          { kind: 'credential', id: 'openai-key', version: 'v3' },
        ],
      },
      policy: {
        bundle: 'demo',
        revision: 'r1',
        digest: 'd'.repeat(64),
        reasons: [{ code: 'role.granted', rule: 'platform' }],
        eval_us: 42.5,
        obligations: [{ type: 'cap-tokens', outcome: 'discharged' }],
      },
      model: { requested: 'the-model-as-asked', sent: 'gpt-small' },
      route: { backend: 'openai', model: 'small', credential: 'openai-key' },
      audit: { class: 'standard', labels: { text: 'label-of-the-answer' } },
      catalogue: 'c'.repeat(64),
    },
  ]);
  assert.deepEqual(enqueued, [
    {
      schema: 'regate.decision/1',
      kind: 'delivered',
      decision_id: 'decision-1',
      request_id: 'request-1',
      attempt: 1,
      timestamp: new Date(start).toISOString(),
      labels: { gateway: 'eu-1' },
      outcome: 'completed',
      status: 200,
      upstream_status: 200,
      usage: { input_tokens: 3, output_tokens: 5 },
      model: { answered: 'gpt-small-2026' },
      finish_reason: 'stop',
      upstream_request_id: 'req_1',
      bytes_sent: 321,
      timing: { first_byte_ms: 12.346, total_ms: 0, overhead_us: 1500 },
    },
  ]);
});

test('deny has the same fields as allow, but for what was never reached', async () => {
  const { recorder, appended } = setUp();
  await recorder.decided(makeAllowed(), open);
  await recorder.decided(makeRefused(refuse('policy.denied', { reasons: makeDecision(false).answer.reasons })), open);
  const [allow, deny] = appended;
  assert.ok(allow && deny);
  assert.deepEqual([deny['decision'], deny['code']], ['deny', 'policy.denied']);
  const missing = Object.keys(allow).filter((key) => !Object.hasOwn(deny, key));
  assert.deepEqual(missing, ['route']);
  assert.deepEqual((deny['policy'] as { reasons: unknown }).reasons, [{ code: 'device.unmanaged', rule: 'platform' }]);
});

test('deny is a considered no, error is a failure to decide or to carry out', async () => {
  const { recorder, appended } = setUp();
  for (const code of ['policy.denied', 'body.too-large', 'policy.undefined', 'credential.backend-unavailable'] as const) {
    await recorder.decided(makeRefused(refuse(code)), open);
  }
  assert.deepEqual(
    appended.map(({ decision }) => decision),
    ['deny', 'deny', 'error', 'error'],
  );
});

test('a policy that answered nonsense is on record with its stamp and its reasons', async () => {
  const { recorder, appended } = setUp();
  const stamp = { bundle: 'demo', revision: 'r9', digest: 'e'.repeat(64) };
  const refusal = refuse('policy.malformed-answer', { detail: 'reasons is missing', policy: stamp });
  const { decision: _, ...story } = makeRefused(refusal);
  await recorder.decided(story, open);
  const [record] = appended;
  assert.deepEqual(
    [record?.['decision'], record?.['detail'], record?.['bundles']],
    ['error', 'reasons is missing', { demo: { revision: 'r9' } }],
  );
  assert.deepEqual(record?.['policy'], { ...stamp, reasons: [], eval_us: 0, obligations: [] });
});

test('a known caller waits for the disk, and is refused when it fails', async () => {
  const { recorder, appended, enqueued, fail } = setUp();
  fail(new Breakage('record.unavailable', 'full'));
  const refusal = await recorder.decided(makeAllowed(), open);
  assert.ok(isRefusal(refusal));
  assert.equal(refusal.code, 'record.unavailable');
  assert.equal(appended.length, 0);
  assert.deepEqual(
    enqueued.map(({ decision, code, decision_id }) => [decision, code, decision_id]),
    [['error', 'record.unavailable', 'decision-1']],
    'it is written once the disk is back',
  );
});

test('what is broken in the log itself is not taken for a full disk', async () => {
  const { recorder, fail } = setUp();
  fail(new TypeError('a mistake'));
  await assert.rejects(recorder.decided(makeAllowed(), open), TypeError);
});

test('an unknown caller does not wait for the disk, and has one line', async () => {
  const { recorder, appended, enqueued, fail } = setUp();
  fail(new Breakage('record.unavailable', 'full'));
  const story = makeUnknown(refuse('credential.missing'));
  assert.equal(await recorder.decided(story, undefined), undefined);
  await recorder.delivered(story, { outcome: 'refused', status: 401, committed: true, bytesSent: 100 }, 0.1);
  assert.equal(appended.length, 0);
  assert.deepEqual(
    enqueued.map(({ kind, code, identity }) => [kind, code, identity]),
    [['decided', 'credential.missing', undefined]],
  );
});

test('the delivered line of a refusal has its code and status', async () => {
  const { recorder, enqueued } = setUp();
  const story = makeRefused(refuse('policy.denied'));
  await recorder.decided(story, open);
  await recorder.delivered(story, { outcome: 'refused', status: 403, committed: true, bytesSent: 210 }, 0.5);
  assert.deepEqual([enqueued[0]?.['outcome'], enqueued[0]?.['code'], enqueued[0]?.['status']], ['refused', 'policy.denied', 403]);
});

test('texts of a backend and of a caller are cut before they stand in the record', async () => {
  const { recorder, appended, enqueued } = setUp();
  const story = { ...makeAllowed(), request: { stream: false, sizeBytes: 1, ignoredHeaders: [], model: 'm'.repeat(10_000) } };
  await recorder.decided(story, open);
  await recorder.delivered(story, { ...delivery, modelAnswered: 'a'.repeat(10_000), finishReason: 'b'.repeat(10_000) }, 0);
  assert.deepEqual(appended[0]?.['model'], { requested: 'm'.repeat(256), sent: 'gpt-small' });
  assert.ok(JSON.stringify(enqueued[0]).length < 1500);
});

test('each decision is one readable line of the log, without texts of the caller beyond the model', async () => {
  const { recorder, logged } = setUp();
  await recorder.decided(makeAllowed(), open);
  assert.deepEqual(logged, [
    {
      level: 'info',
      message: 'allowed',
      fields: {
        decision_id: 'decision-1',
        originator: 'okta:00u1',
        operation: 'chat',
        model: 'the-model-as-asked',
        route: 'openai/small',
        reasons: 'role.granted',
      },
    },
  ]);
});

test('a decision that could not be believed keeps what the policy was asked', async () => {
  const { recorder, appended } = setUp();
  const { input, policy } = makeDecision(true);
  const refusal = refuse('policy.undefined', { reasons: [{ code: 'policy.undefined' }], policy, asked: input });
  const { decision: _unbelieved, ...story } = makeRefused(refusal);
  await recorder.decided(story, open);
  const [record] = appended as { decision: string; input: unknown }[];
  assert.equal(record?.decision, 'error');
  assert.deepEqual(record?.input, JSON.parse(JSON.stringify(input)));
});
