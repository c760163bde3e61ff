import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { hostBuiltinNames, hostBuiltins } from '../../../gateway/engine/builtins/registry.ts';
import { makeEvaluator } from '../../../gateway/engine/evaluator.ts';
import { goBuiltinNames } from '../../../gateway/engine/go-builtins/names.ts';
import { readBundle } from '../../../gateway/engine/read-bundle.ts';
import { Breakage } from '../../../gateway/errors.ts';
import { frozenClock, keepingLogger } from '../harness.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
/** Name of the built-in, then its arguments. */
const { cases } = JSON.parse(fixture('calls.cases.json').toString()) as { cases: [string, ...unknown[]][] };
/** What OPA itself answered, as JSON text; absent where it had no value. */
const want = JSON.parse(fixture('calls.want.json').toString()) as Record<string, string>;

const { wasm } = await readBundle('calls.tar.gz', fixture('calls.tar.gz'));
const needs = {
  module: await WebAssembly.compile(wasm),
  data: new TextEncoder().encode('{}'),
  maxMemoryBytes: 16 << 20,
  builtins: hostBuiltins,
  clock: frozenClock,
};
const { evaluate } = makeEvaluator({ ...needs, logger: keepingLogger() });

describe('every call gives what OPA gives', () => {
  const byName = Map.groupBy(cases.entries(), ([, [name]]) => name);
  for (const [name, group] of byName) {
    it(`${name} (${group.length})`, () => {
      for (const [index, call] of group) assert.equal(evaluate('calls/text', call), want[index], JSON.stringify(call));
    });
  }

  it('and no built-in is left without a case', () => {
    // OPA's own cases call those that its Go code answers (npm run conformance).
    const elsewhere = new Set([
      'internal.print',
      'print',
      'time.now_ns',
      'rand.intn',
      'uuid.rfc4122',
      ...goBuiltinNames,
      ...recordedNames(),
    ]);
    assert.deepEqual(
      hostBuiltinNames.filter((name) => !byName.has(name) && !elsewhere.has(name)),
      [],
    );
  });
});

/** Those of recorded.test.ts. */
function recordedNames(): readonly string[] {
  const files = readdirSync(new URL('../fixtures/builtins/', import.meta.url));
  return files.flatMap((file) => (JSON.parse(fixture(`builtins/${file}`).toString()) as [string][]).map(([name]) => name));
}

describe('time.now_ns', () => {
  it('is the time of the injected clock, in nanoseconds', () => {
    assert.deepEqual(evaluate('calls/now', {}), [1772366400000000000, true]);
  });

  it('stands still during an evaluation, and moves between two', () => {
    let now = 1;
    const { evaluate } = makeEvaluator({ ...needs, clock: { ...frozenClock, now: () => now++ }, logger: keepingLogger() });
    assert.deepEqual(evaluate('calls/now', {}), [1_000_000, true]);
    assert.deepEqual(evaluate('calls/now', {}), [2_000_000, true]);
  });
});

describe('where OPA’s value cannot be given, the evaluation fails and nothing is guessed', () => {
  const calls: readonly [string, unknown[]][] = [
    ['bytes that are no text', ['hex.decode', 'ff']],
    ['bytes that are no text, escaped', ['urlquery.decode', '%ff']],
    ['a zone that nobody knows', ['time.date', '[0, "Nowhere/City"]']],
    ['a zone in lower case', ['time.date', '[0, "europe/berlin"]']],
    ['the zone of the machine', ['time.date', '[0, "Local"]']],
    ['an offset in place of a zone', ['time.date', '[0, "+02:00"]']],
  ];
  for (const [what, call] of calls) {
    it(what, () =>
      assert.throws(
        () => evaluate('calls/text', call),
        (error) => error instanceof Breakage && error.code === 'policy.error',
      ),
    );
  }
});
