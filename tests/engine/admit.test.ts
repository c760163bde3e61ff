import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { admit } from '../../gateway/engine/admit.ts';
import { readBundle } from '../../gateway/engine/read-bundle.ts';
import { Breakage } from '../../gateway/errors.ts';
import { frozenClock, keepingLogger } from './harness.ts';
import { sampleCatalogue } from './sample-catalogue.ts';

const needs = { catalogue: sampleCatalogue, maxMemoryBytes: 16 << 20, clock: frozenClock, logger: keepingLogger() };

describe('admission', () => {
  const refused: readonly [string, string, RegExp][] = [
    [
      'calls built-ins that the host lacks',
      'lacking',
      /built-ins that this gateway does not have: (http\.send, opa\.runtime|opa\.runtime, http\.send);/,
    ],
    ['has no answer', 'answerless', /no entry point gateway\/decision\/answer/],
    ['answers a sample request with undefined', 'undefined', /is undefined for a sample request/],
    ['answers a sample request with a bare boolean', 'boolean', /not an object with a boolean "allow"/],
    ['fails on a sample request', 'conflicting', /conflicting\/answer\.rego:\d+:\d+: var assignment conflict/],
  ];
  for (const [what, name, why] of refused) {
    it(`refuses a bundle that ${what}`, async () => {
      const bundle = await readBundle(`${name}.tar.gz`, readFileSync(new URL(`fixtures/${name}.tar.gz`, import.meta.url)));
      await assert.rejects(admit(bundle, needs), (error) => {
        assert.ok(error instanceof Breakage && error.code === 'policy.unavailable');
        assert.match(error.message, why);
        return true;
      });
    });
  }

  it('refuses data that do not fit into the memory', async () => {
    const bundle = await readBundle('stub.tar.gz', readFileSync(new URL('fixtures/stub.tar.gz', import.meta.url)));
    const data = { many: Array.from({ length: 200_000 }, (_, index) => ({ index })) };
    await assert.rejects(admit({ ...bundle, data }, needs), /could not be started with its data: opa_malloc: failed/);
  });
});
