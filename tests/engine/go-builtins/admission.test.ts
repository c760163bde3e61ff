import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { admit } from '../../../gateway/engine/admit.ts';
import { startGoBuiltins } from '../../../gateway/engine/go-builtins/go-builtins.ts';
import { keepingLogger } from '../harness.ts';
import { sampleCatalogue } from '../sample-catalogue.ts';
import { whereBuilt } from './where-built.ts';

const needs = {
  catalogue: sampleCatalogue,
  maxMemoryBytes: 16 << 20,
  maxEvaluationMs: 5000,
  clock: { now: () => 1772366400000, monotonic: () => performance.now() },
  logger: keepingLogger(),
  checkAnswer: () => undefined,
};

it('a bundle that verifies tokens is admitted with what verifies them, and decides', whereBuilt, async () => {
  const bytes = readFileSync(new URL('../fixtures/tokens.tar.gz', import.meta.url));
  const { policy } = await admit('tokens.tar.gz', bytes, needs);
  assert.deepEqual(policy.evaluate('gateway/decision/answer', {}), { allow: true, claims: { sub: 'ada' } });
});

it('a bundle that calls none of these built-ins starts nothing', async () => {
  const before = process.getActiveResourcesInfo();
  await startGoBuiltins(['time.now_ns', 'sprintf']);
  assert.deepEqual(process.getActiveResourcesInfo(), before);
});
