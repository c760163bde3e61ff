import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../gateway/errors.ts';
import { makeMetrics } from '../../gateway/observe/metrics.ts';
import type { Reason } from '../../gateway/vocabulary/decision.ts';
import { delivery, makeAllowed, makeDecision, makeUnknown } from '../pipeline/record/record-harness.ts';

test('a request is counted by how it ended, and its tokens as they were reported', async () => {
  const metrics = makeMetrics();
  metrics.decision(undefined, makeDecision(true));
  metrics.delivered(makeAllowed(), delivery, { totalMs: 250, overheadMs: 0.2 });
  metrics.recordAppended(2);
  const text = await metrics.text();
  for (const line of [
    'regate_requests_total{operation="chat",outcome="completed",code="none"} 1',
    'regate_decisions_total{decision="allow",reason="role.granted",revision="r1"} 1',
    'regate_tokens_total{backend="openai",model="small",type="input"} 3',
    'regate_tokens_total{backend="openai",model="small",type="output"} 5',
    'regate_policy_evaluation_seconds_bucket{le="0.00005"} 1',
    'regate_overhead_seconds_bucket{le="0.0002"} 1',
    'regate_request_duration_seconds_sum{operation="chat"} 0.25',
    'regate_record_append_seconds_count 1',
  ]) {
    assert.ok(text.split('\n').includes(line), line);
  }
  assert.ok(!text.includes('type="reasoning"'), 'a count that was not reported is not 0');
});

test('refusals are counted by their code, failures and summaries of the record as well', async () => {
  const metrics = makeMetrics();
  const story = makeUnknown(refuse('credential.missing'));
  metrics.decision('credential.missing', undefined);
  metrics.delivered(story, { outcome: 'refused', status: 401, committed: true, bytesSent: 1 }, { totalMs: 1, overheadMs: 1 });
  metrics.recordFailed();
  metrics.recordSummarised(7);
  metrics.recordAvailable(false);
  metrics.inFlight(1);
  metrics.policy({ bundle: 'demo', revision: 'r1' });
  metrics.policy({ bundle: 'demo', revision: 'r2' });
  const lines = (await metrics.text()).split('\n');
  for (const line of [
    'regate_requests_total{operation="unknown",outcome="refused",code="credential.missing"} 1',
    'regate_decisions_total{decision="refuse",reason="credential.missing",revision="none"} 1',
    'regate_record_failures_total 1',
    'regate_record_summarised_total 7',
    'regate_record_available 0',
    'regate_requests_in_flight 1',
    'regate_policy_loaded 1',
    'regate_policy_info{bundle="demo",revision="r2"} 1',
  ]) {
    assert.ok(lines.includes(line), line);
  }
  assert.ok(!lines.some((line) => line.includes('revision="r1"')));
});

test('a policy that invents reason codes cannot make series without end', async () => {
  const metrics = makeMetrics({ maxReasons: 5 });
  for (let n = 0; n < 1000; n += 1) {
    const decision = makeDecision(false);
    const reasons: readonly Reason[] = [{ code: `invented.${n}` }];
    metrics.decision('policy.denied', { ...decision, answer: { ...decision.answer, reasons } });
  }
  const series = (await metrics.text()).split('\n').filter((line) => line.startsWith('regate_decisions_total{'));
  assert.equal(series.length, 6);
  assert.ok(series.includes('regate_decisions_total{decision="refuse",reason="other",revision="r1"} 995'));
});

test('every metric is ours, has help, and none is shared between two gateways', async () => {
  const [one, two] = [makeMetrics(), makeMetrics()];
  one.recordFailed();
  assert.ok((await two.text()).includes('regate_record_failures_total 0'));
  const lines = (await one.text()).split('\n').filter((line) => line !== '');
  for (const line of lines) assert.match(line, /^(# (HELP|TYPE) )?regate_/);
  assert.match(one.contentType, /^text\/plain/);
});

test('numbers that wait to be counted are counted, however many there are and whenever somebody asks', async () => {
  const metrics = makeMetrics();
  for (let number = 1; number <= 1000; number += 1) {
    metrics.recordAppended(1);
    if (number % 300 === 0) assert.match(await metrics.text(), new RegExp(`^regate_record_append_seconds_count ${number}$`, 'm'));
  }
  for (let times = 0; times < 2; times += 1) assert.match(await metrics.text(), /^regate_record_append_seconds_count 1000$/m);
});
