import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeMetrics } from '../../gateway/observe/metrics.ts';

test('how the bundles fare is told in numbers, and what is no longer so is gone', async () => {
  const metrics = makeMetrics();
  const seen = {
    bundles: {
      rules: {
        name: 'rules',
        type: 'snapshot',
        active_revision: 'r1',
        last_successful_request: '2026-03-01T12:00:00.000Z',
        last_successful_activation: '2026-03-01T11:00:00.000Z',
      },
      words: { name: 'words', type: 'snapshot', active_revision: 'w1', code: 'bundle_error', kind: 'signature', message: 'no' },
    },
    activations: 3,
    rejections: 1,
    failures: { words: { signature: 1, timeout: 2 } },
    pinned: 'd',
  } as const;
  metrics.bundles(seen);
  const has = async (line: string) => assert.ok((await metrics.text()).split('\n').includes(line), line);
  await has('regate_bundle_info{bundle="rules",revision="r1"} 1');
  await has('regate_bundle_current{bundle="rules"} 1');
  await has('regate_bundle_current{bundle="words"} 0');
  await has('regate_bundle_last_successful_request_timestamp_seconds{bundle="rules"} 1772366400');
  await has('regate_bundle_last_activation_timestamp_seconds{bundle="rules"} 1772362800');
  await has('regate_bundle_failures_total{bundle="words",kind="timeout"} 2');
  await has('regate_policy_activations_total 3');
  await has('regate_policy_rejections_total 1');
  await has('regate_policy_pinned 1');
  await has('regate_policy_stale 0');
  const { pinned: _released, ...released } = seen;
  metrics.bundles({ ...released, activations: 4, bundles: { rules: { ...seen.bundles.rules, active_revision: 'r2' } }, stale: true });
  await has('regate_bundle_info{bundle="rules",revision="r2"} 1');
  await has('regate_policy_activations_total 4');
  await has('regate_policy_pinned 0');
  await has('regate_policy_stale 1');
  assert.doesNotMatch(await metrics.text(), /revision="r1"|bundle="words",revision/);
});
