import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeEcs } from '../../gateway/sinks/formats/ecs.ts';
import { writeOcsf } from '../../gateway/sinks/formats/ocsf.ts';
import { makeWebhookSender } from '../../gateway/sinks/webhook.ts';
import { version } from '../../gateway/version.ts';
import { eventually, openSink, timeoutMs } from './contract.ts';
import { startHttpReceiver } from './http-receiver.ts';
import { makeTestLog } from './log.ts';
import { administrativeRecord, allowed, delivered, denied, failed, summary } from './samples.ts';

const line = { segment: 'decisions-1', number: 7 };
const log = { segment: 'decisions-1', line: 7 };
/** What was written, as far as the tests look into it. */
interface Tree {
  readonly [name: string]: unknown;
  readonly ecs: { readonly version: string };
  readonly event: Readonly<Record<'type' | 'action' | 'outcome' | 'reason' | 'duration', unknown>>;
  readonly http: { readonly response: unknown };
  readonly regate: Readonly<Record<string, unknown>>;
  readonly api: { readonly operation: string; readonly response: unknown };
}
const ecs = (entry: Parameters<typeof writeEcs>[0]) => JSON.parse(JSON.stringify(writeEcs(entry, line))) as Tree;
const ocsf = (entry: Parameters<typeof writeOcsf>[0]) => JSON.parse(JSON.stringify(writeOcsf(entry, line))) as Tree;

test('ECS: an allowed request', () => {
  assert.deepEqual(ecs(allowed), {
    '@timestamp': '2026-03-02T10:00:00.000Z',
    ecs: { version: '8.17.0' },
    service: { name: 'regate', type: 'regate' },
    labels: { site: 'fra' },
    event: {
      ...{ module: 'regate', dataset: 'regate.decision', kind: 'event', category: ['api'], type: ['access', 'allowed'] },
      ...{ id: `${allowed.decision_id}:decided`, action: 'chat', outcome: 'success' },
    },
    user: { id: 'ada', domain: 'okta', roles: ['engineer'], effective: { id: 'helper' } },
    client: { address: '198.51.100.7', ip: '198.51.100.7' },
    http: { request: { id: allowed.request_id, method: 'POST', bytes: 512 } },
    url: { path: '/v1/chat/completions' },
    trace: { id: '4bf92f3577b34da6a3ce929d0e0e4736' },
    span: { id: '00f067aa0ba902b7' },
    rule: { ruleset: 'default', version: 'r7' },
    regate: {
      ...{
        kind: 'decided',
        decision_id: allowed.decision_id,
        attempt: 1,
        decision: 'allow',
        identity: allowed.identity,
        policy: allowed.policy,
      },
      ...{ model: allowed.model, route: allowed.route, input: allowed.input, result: { allow: true }, erased: ['/input/context'], log },
    },
  });
});

test('ECS: a denied request, one that failed, an administrative action, an end, a summary', () => {
  const { event, rule, error, client } = ecs(denied);
  assert.deepEqual([event.type, event.outcome, event.reason], [['access', 'denied'], 'failure', 'model.not-allowed']);
  assert.deepEqual(rule, { ruleset: 'default', version: 'r7', id: 'model.not-allowed', name: 'models' });
  assert.deepEqual([error, client], [undefined, { address: '2001:db8::7', ip: '2001:db8::7' }]);
  assert.deepEqual(ecs(failed)['error'], { code: 'policy.deadline', message: 'stopped after 50 ms' });
  const action = ecs(administrativeRecord);
  assert.deepEqual([action.event.type, action.event.action, action.event.outcome], [['admin', 'allowed'], 'keys.create', 'success']);
  assert.deepEqual(
    [action.regate['resource'], action['user']],
    [
      { type: 'key', id: 'k1' },
      { id: 'ada', domain: 'okta', roles: ['engineer'] },
    ],
  );
  const end = ecs(delivered);
  assert.deepEqual([end.event.type, end.event.duration, end.http.response], [['end'], 900_000_000, { status_code: 200, bytes: 2048 }]);
  assert.deepEqual(ecs(summary).regate, { kind: 'refused-summary', counts: { 'credential.missing': 12 }, log });
});

test('OCSF: an allowed request', () => {
  assert.deepEqual(ocsf(allowed), {
    ...{ category_uid: 6, category_name: 'Application Activity', class_uid: 6003, class_name: 'API Activity' },
    ...{
      activity_id: 99,
      activity_name: 'chat',
      type_uid: 600_399,
      time: 1_772_445_600_000,
      severity_id: 1,
      status_id: 1,
      status: 'Success',
    },
    ...{ action_id: 1, action: 'Allowed', disposition_id: 1, disposition: 'Allowed' },
    metadata: {
      ...{ version: '1.3.0', uid: `${allowed.decision_id}:decided`, profiles: ['security_control'], log_name: 'decisions-1', sequence: 7 },
      ...{ product: { name: 'Regate', vendor_name: 'Regate', version }, labels: ['site:fra'] },
    },
    actor: { app_name: 'regate', user: { uid: 'ada', domain: 'okta', type_id: 1, type: 'person' }, invoked_by: 'helper' },
    api: { operation: 'chat', service: { name: 'openai' }, request: { uid: allowed.decision_id } },
    http_request: { uid: allowed.request_id, http_method: 'POST', length: 512, url: { path: '/v1/chat/completions' } },
    src_endpoint: { ip: '198.51.100.7' },
    resources: [{ type: 'model', name: 'gpt-4.1' }],
    policy: { name: 'default', uid: 'd7', version: 'r7' },
    unmapped: {
      ...{ decision: 'allow', attempt: 1, model: allowed.model, route: allowed.route, identity: allowed.identity, policy: allowed.policy },
      ...{ input: allowed.input, result: { allow: true }, erased: ['/input/context'] },
      ...{ trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' },
    },
  });
});

test('OCSF: every kind has what the class demands', () => {
  for (const entry of [allowed, denied, failed, administrativeRecord, delivered, summary]) {
    const written = ocsf(entry);
    for (const name of [
      'activity_id',
      'category_uid',
      'class_uid',
      'type_uid',
      'time',
      'severity_id',
      'metadata',
      'actor',
      'api',
      'src_endpoint',
    ]) {
      assert.ok(written[name] !== undefined, `${entry.kind}: ${name}`);
    }
    assert.ok(written['api'].operation !== undefined);
  }
});

test('OCSF: a denied request, one that failed, an administrative action, an end', () => {
  const { action, disposition, severity_id, status_code, status_detail } = ocsf(denied);
  assert.deepEqual(
    [action, disposition, severity_id, status_code, status_detail],
    ['Denied', 'Blocked', 2, 'policy.denied', 'model.not-allowed'],
  );
  assert.deepEqual(ocsf(failed)['api'].response, { error: 'policy.deadline', message: 'stopped after 50 ms' });
  assert.equal(ocsf(failed)['severity_id'], 3);
  const administrative = ocsf(administrativeRecord);
  assert.deepEqual([administrative['activity_name'], administrative['resources']], ['keys.create', [{ type: 'key', uid: 'k1' }]]);
  const end = ocsf(delivered);
  assert.deepEqual([end['status'], end['duration'], end['http_response']], ['Success', 900, { code: 200, length: 2048 }]);
});

for (const format of ['ecs', 'ocsf'] as const) {
  test(`a webhook sends ${format}`, async (t) => {
    const written = await makeTestLog(t);
    const receiver = await startHttpReceiver(t);
    await written.decide(2);
    const { sink } = await openSink(
      t,
      written,
      makeWebhookSender({ configuration: { url: receiver.url, timeoutMs, gzip: false, format } }),
    );
    await eventually(() => sink.status().delivered_lines === 4, 'all are confirmed');
    const objects = receiver.accepted.flatMap(({ body }) =>
      body
        .toString('utf8')
        .trimEnd()
        .split('\n')
        .map((text) => JSON.parse(text) as Tree),
    );
    assert.equal(objects.length, 4);
    for (const object of objects) assert.ok(format === 'ecs' ? object['ecs'].version : object['class_uid'] === 6003);
    await written.close();
  });
}
