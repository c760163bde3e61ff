import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { BuiltinError, type Evaluation } from '../../gateway/engine/builtins/builtin.ts';
import { show } from '../../gateway/engine/builtins/order.ts';
import { hostBuiltins } from '../../gateway/engine/builtins/registry.ts';
import { makeGoMachine } from '../../gateway/engine/go-builtins/go-machine.ts';
import { readGoModule } from '../../gateway/engine/go-builtins/read-go-module.ts';
import { status } from '../../gateway/engine/go-builtins/thread-data.ts';
import { formatRegoValue, parseRegoValue, type RegoValue } from '../../gateway/engine/rego-value.ts';
import { whereBuilt } from '../engine/go-builtins/where-built.ts';

/*
 * The built-ins that are written in TypeScript against OPA's own, call by call. The calls are variations of recorded ones: what is near to a
 * sensible call finds more than noise does.
 */

const recorded = new URL('../engine/fixtures/builtins/', import.meta.url);
const calls = readdirSync(recorded).flatMap((file) => JSON.parse(readFileSync(new URL(file, recorded), 'utf8')) as [string, string[]][]);
const { cases } = JSON.parse(readFileSync(new URL('../engine/fixtures/calls.cases.json', import.meta.url), 'utf8')) as {
  cases: [string, ...unknown[]][];
};
const older = cases.map(([name, ...operands]): [string, string[]] => [name, operands.map((operand) => JSON.stringify(operand))]);
const byName = Map.groupBy(
  [...calls, ...older].filter(([name]) => hostBuiltins.has(name)),
  ([name]) => name,
);

const machine = makeGoMachine({ readModule: () => readGoModule(), patienceMs: 10_000, maxMemoryBytes: 512 << 20, warmUp: false });

/** As OPA prints an array of the value, or of nothing where there is none; `undefined` where the evaluation fails. */
function ours(name: string, operands: readonly RegoValue[]): string | undefined {
  const builtin = hostBuiltins.get(name);
  assert.ok(builtin !== undefined, name);
  try {
    const value = builtin(operands, {} as Evaluation);
    return show(value === undefined ? [] : [parseRegoValue(formatRegoValue(value))]);
  } catch (cause) {
    return cause instanceof BuiltinError ? '[]' : undefined;
  }
}

function theirs(name: string, operands: readonly RegoValue[]): string | undefined {
  const response = machine.call(new TextEncoder().encode(formatRegoValue([name, operands, 0])));
  if (response[0] === status.fault) return undefined;
  return response[0] === status.undefined ? '[]' : show([parseRegoValue(new TextDecoder().decode(response.subarray(1)))]);
}

/**
 * Where the two are known to differ, and ours has no value: names of Unicode properties in other forms than RE2 takes, which Go takes since 1.25,
 * and years, months and days so many that Go's sum overflows and means another date.
 */
function isKnown(name: string, operands: readonly RegoValue[]): boolean {
  if (name.startsWith('regex.')) return /\\[pP](?!\{\^?[A-Z][a-z]*\}|[A-Z])/.test(formatRegoValue(operands).replaceAll('\\\\', '\\'));
  return name === 'time.add_date' && operands.slice(1).some((count) => typeof count !== 'object' && Math.abs(Number(count)) > 1e9);
}

const oddities = [
  '',
  '0',
  '-1',
  ' ',
  '%',
  '%2',
  '/',
  ':',
  '.',
  '*',
  '[',
  '(',
  '\\',
  'é',
  '💡',
  '\u0000',
  'Z',
  '+',
  '9223372036854775808',
  '1e3',
  '{',
  '}',
];

/** A text with a piece taken out, doubled, or put in. */
const bend = (text: string): fc.Arbitrary<string> =>
  fc.tuple(fc.nat(text.length), fc.nat(3), fc.constantFrom(...oddities), fc.nat(2)).map(([at, length, put, how]) => {
    const piece = text.slice(at, at + length);
    const middle = how === 0 ? '' : how === 1 ? piece + piece : put;
    return `${text.slice(0, at)}${middle}${text.slice(at + (how === 2 ? 0 : length))}`.toWellFormed();
  });

function vary(value: RegoValue, others: readonly RegoValue[]): fc.Arbitrary<RegoValue> {
  const near: fc.Arbitrary<RegoValue>[] = [fc.constant(value), fc.constant(value), fc.constantFrom(...others)];
  if (typeof value === 'string') near.push(bend(value), bend(value));
  if (typeof value === 'number' || typeof value === 'bigint') {
    near.push(fc.constantFrom<RegoValue>(0, -1, 1, 2 ** 31, 2n ** 63n, -(2n ** 63n), 1.5), fc.integer(), fc.integer({ min: -20, max: 20 }));
  }
  if (Array.isArray(value) && value.length > 0) {
    near.push(fc.shuffledSubarray(value as RegoValue[]), fc.tuple(...(value as RegoValue[]).map((item) => vary(item, others))));
  }
  near.push(fc.constantFrom<RegoValue>(null, true, 0, '', [], new Set(), new Map()));
  return fc.oneof(...near);
}

function callsOf(group: readonly (readonly [string, readonly string[]])[]): fc.Arbitrary<RegoValue[]> {
  const parsed = group.map(([, operands]) => operands.map(parseRegoValue));
  const at = (position: number) => parsed.map((operands) => operands[position] ?? null);
  return fc.constantFrom(...parsed).chain((operands) => fc.tuple(...operands.map((operand, position) => vary(operand, at(position)))));
}

describe('built-ins written here give what OPA’s give', whereBuilt, () => {
  before(() => machine.start());
  after(() => machine.stop());

  const numRuns = Number(process.env['FUZZ_RUNS'] ?? 150);
  for (const [name, group] of byName) {
    it(name, () => {
      let failed = 0;
      fc.assert(
        fc.property(callsOf(group), (operands) => {
          const mine = ours(name, operands);
          // An evaluation that fails can be wrong for nobody; what it must not do is go on with another value.
          if (mine === undefined) failed += 1;
          if (mine === undefined || (mine === '[]' && isKnown(name, operands))) return;
          assert.equal(mine, theirs(name, operands));
        }),
        { numRuns },
      );
      assert.ok(failed < numRuns / 2, `${failed} of ${numRuns} calls fail the evaluation: too few are compared`);
    });
  }
});
