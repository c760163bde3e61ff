import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BuiltinError, type Evaluation } from '../../../gateway/engine/builtins/builtin.ts';
import { BuiltinLimit } from '../../../gateway/engine/builtins/limits.ts';
import { hostBuiltins } from '../../../gateway/engine/builtins/registry.ts';
import { OutOfTime } from '../../../gateway/engine/meter/steps.ts';
import type { RegoValue } from '../../../gateway/engine/rego-value.ts';

const evaluation = {} as Evaluation;

function call(name: string, ...args: readonly RegoValue[]): RegoValue | undefined {
  const builtin = hostBuiltins.get(name);
  assert.ok(builtin !== undefined);
  return builtin(args, evaluation);
}

const doubling = Array.from(
  { length: 30 },
  (_, index) =>
    new Map([
      ['op', 'copy'],
      ['from', ''],
      ['path', `/copy${index}`],
    ]),
);
/** Every node leads to every later one: 2^38 paths. */
const dense = new Map(Array.from({ length: 40 }, (_, node) => [node, Array.from({ length: 39 - node }, (_, more) => node + more + 1)]));
const long = new Map(Array.from({ length: 5000 }, (_, node) => [node, [node + 1]]));
/** `a*aaaaa` over and over: each star can end in many places. */
const stars = Array.from({ length: 24 }, () => 'a*aaaaa');
const texts = Array.from({ length: 1001 }, (_, index) => `text-${index}`);
const largeList = Array.from({ length: 100_000 }, (_, index) => index);
const largeSet = new Set<RegoValue>([...largeList, 'x']);
const tests = Array.from(
  { length: 100 },
  () =>
    new Map<RegoValue, RegoValue>([
      ['op', 'test'],
      ['path', ''],
      ['value', largeList],
    ]),
);
const many = Array.from({ length: 1001 }, () => '10.0.0.0/8');

describe('a call that would make too much fails the evaluation, at once', () => {
  const calls: readonly (readonly [string, RegoValue[]])[] = [
    ['numbers.range_step', [0, 10n ** 30n, 1]],
    ['numbers.range_step', [0, 65_536, 1]],
    ['net.cidr_expand', ['10.0.0.0/15']],
    ['net.cidr_expand', ['::/0']],
    ['net.cidr_contains_matches', [many, many]],
    ['sprintf', ['%1000000d%1000000d', [1, 2]]],
    ['sprintf', ['%.1000000f%.1000000f', [1.5, 2.5]]],
    ['sprintf', ['%*s%s', [999_999, 'x', 'y'.repeat(60_000)]]],
    ['regex.replace', ['a'.repeat(10_000), 'a', 'b'.repeat(1_000)]],
    ['regex.split', ['', 'a'.repeat(70_000)]],
    ['regex.globs_match', [`${stars.join('')}Y.*`, `${stars.map((star) => `aaaaa${star.slice(0, 2)}`).join('')}Z.*`]],
    ['regex.split', [`a{1000}`.repeat(20), 'a'.repeat(100_000)]],
    ['regex.find_n', ['a'.repeat(20_000), 'a', -1]],
    ['regex.template_match', ['<a>'.repeat(10_000), 'a', '<', '>']],
    ['strings.any_prefix_match', [texts, texts]],
    ['indexof_n', ['a'.repeat(70_000), 'a']],
    ['strings.split_n', ['a'.repeat(70_000), '', 70_000]],
    [
      'json.patch',
      [
        [largeSet],
        Array.from(
          { length: 200 },
          () =>
            new Map<RegoValue, RegoValue>([
              ['op', 'add'],
              ['path', [0, 'y']],
              ['value', 'y'],
            ]),
        ),
      ],
    ],
    ['json.patch', [largeList, tests]],
    ['regex.globs_match', ['[\u0000-\u{10ffff}]', 'a']],
    ['graph.reachable_paths', [dense, [0]]],
    ['graph.reachable_paths', [long, [0]]],
    ['json.patch', [new Map([['a', [1, 2, 3]]]), doubling]],
    ['json.patch', [[], Array.from({ length: 5000 }, () => new Map())]],
    ['json.marshal_with_options', [Array.from({ length: 2000 }, () => 1), new Map([['indent', 'x'.repeat(1000)]])]],
    ['units.parse', ['1e999999']],
    ['units.parse_bytes', ['1e-99999']],
    ['time.format', [[0, 'UTC', '2006'.repeat(300_000)]]],
  ];
  for (const [name, args] of calls) {
    it(`${name}(${JSON.stringify(args, (_key, value) => (typeof value === 'bigint' ? String(value) : value)).slice(0, 60)})`, () => {
      const before = performance.now();
      assert.throws(
        () => call(name, ...args),
        (cause) => cause instanceof BuiltinLimit && !(cause instanceof BuiltinError),
      );
      assert.ok(performance.now() - before < 5000, 'it should have failed sooner');
    });
  }

  it('and one that makes as much as it may does not', () => {
    assert.equal((call('numbers.range_step', 1, 65_536, 1) as RegoValue[]).length, 65_536);
    assert.equal((call('net.cidr_expand', '10.0.0.0/16') as Set<RegoValue>).size, 65_536);
    assert.equal((call('sprintf', '%1000000d', [1]) as string).length, 1_000_000);
  });
});

describe('what no size bounds', () => {
  it('is quick all the same: a run in a text that almost has it everywhere', () => {
    const before = performance.now();
    assert.deepEqual(call('indexof_n', `${'a'.repeat(300_000)}`, `${'a'.repeat(100_000)}b`), []);
    assert.equal(
      call(
        'object.subset',
        Array.from({ length: 50_000 }, () => 1),
        [...Array.from({ length: 20_000 }, () => 1), 2],
      ),
      false,
    );
    assert.ok(performance.now() - before < 5000);
  });

  it('or ends with the time that the evaluation has left', () => {
    // Each search reads to the end before it takes the one character.
    const before = performance.now();
    const split = hostBuiltins.get('regex.split') ?? assert.fail();
    assert.throws(() => split(['a[^b]*b|a', 'a'.repeat(60_000)], evaluation, () => 50), OutOfTime);
    assert.ok(performance.now() - before < 5000);
  });
});

describe('patterns cannot be made slow', () => {
  const hostile: readonly (readonly [pattern: string, text: string])[] = [
    ['(a+)+$', `${'a'.repeat(20_000)}b`],
    ['(a|a)*$', `${'a'.repeat(20_000)}b`],
    ['(.*)*x', 'a'.repeat(20_000)],
    ['(?:a?){500}a{500}$', 'a'.repeat(500)],
  ];
  for (const [pattern, text] of hostile) {
    it(pattern, () => {
      const before = performance.now();
      call('regex.replace', text, pattern, '');
      assert.ok(performance.now() - before < 5000);
    });
  }
});

describe('what has no value here and might have one in OPA fails the evaluation', () => {
  const calls: readonly (readonly [string, RegoValue[]])[] = [
    ['time.format', [[0, 'Europe/Berlin', 'MST']]],
    ['time.format', [[0, 'Local']]],
    ['time.add_date', [[0, 'Nowhere/City'], 0, 0, 1]],
    ['uri.parse', ['http://h/%ff']],
    ['urlquery.decode_object', ['a=%ff']],
    ['sprintf', ['%p', [2n ** 70n]]],
    ['net.cidr_merge', [['::ffff:1.2.3.4/120', '::1/128']]],
  ];
  for (const [name, args] of calls) {
    it(`${name} ${String(args[0]).slice(0, 40)}`, () =>
      assert.throws(
        () => call(name, ...args),
        (cause) => cause instanceof Error && !(cause instanceof BuiltinError),
      ));
  }
});
