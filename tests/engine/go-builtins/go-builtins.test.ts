import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { BuiltinError, type Evaluation } from '../../../gateway/engine/builtins/builtin.ts';
import { makeGoBuiltins } from '../../../gateway/engine/go-builtins/go-builtins.ts';
import { makeGoMachine } from '../../../gateway/engine/go-builtins/go-machine.ts';
import { readGoModule } from '../../../gateway/engine/go-builtins/read-go-module.ts';
import { Decimal, formatRegoValue, type RegoValue } from '../../../gateway/engine/rego-value.ts';
import { whereBuilt } from './where-built.ts';

const machine = makeGoMachine({ readModule: () => readGoModule(), patienceMs: 2000, maxMemoryBytes: 256 << 20, warmUp: false });
const lent = new Map(makeGoBuiltins(machine, ['array.concat', 'io.jwt.decode_verify', 'io.jwt.encode_sign', 'yaml.unmarshal']));
/** 2026-03-01T12:00:00Z. */
const evaluation = (nowNs = 1772366400000000000n) => ({ nowNs: () => nowNs }) as Evaluation;

function call(name: string, args: readonly RegoValue[], at = evaluation()): RegoValue | undefined {
  const builtin = lent.get(name);
  assert.ok(builtin !== undefined);
  return builtin(args, at);
}

before(() => (whereBuilt.skip === false ? machine.start() : undefined));
after(() => machine.stop());

const key: fc.Arbitrary<RegoValue> = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
  fc.constantFrom('__proto__', '', '\u2028', '<&>'),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const value = fc.letrec<{ any: RegoValue }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    key,
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }),
    fc.constantFrom('1.50', '1e400', '-0.10', '3.0e-7').map((literal) => new Decimal(literal)),
    fc.array(tie('any')),
    fc.uniqueArray(key, { selector: formatRegoValue }).map((members) => new Set(members)),
    fc.uniqueArray(fc.tuple(key, tie('any')), { selector: ([name]) => formatRegoValue(name) }).map((members) => new Map(members)),
  ),
})).any;

describe('values on their way to Go and back', whereBuilt, () => {
  it('stay what they are: sets, numbers of any size, keys of any type, all of Unicode', () => {
    fc.assert(
      fc.property(value, (one) => {
        assert.deepEqual(sorted(call('array.concat', [[one], []])), sorted([one]));
      }),
      { numRuns: 300 },
    );
  });

  it('are not cut short: operands of more than 1 MiB fail the evaluation', () => {
    assert.throws(() => call('array.concat', [['x'.repeat(1 << 20)], []]), RangeError);
  });

  it('may be undefined, as OPA leaves them', () => {
    assert.throws(() => call('yaml.unmarshal', ['a: [1']), BuiltinError);
  });
});

describe('tokens', whereBuilt, () => {
  const secret = Buffer.from('a secret of thirty-two bytes, yes').toString('base64url');
  const sign = (claims: readonly (readonly [string, RegoValue])[]) =>
    call('io.jwt.encode_sign', [
      new Map([['alg', 'HS256']]),
      new Map(claims),
      new Map([
        ['kty', 'oct'],
        ['k', secret],
      ]),
    ]) as string;
  const verify = (token: string, at?: Evaluation) =>
    call('io.jwt.decode_verify', [token, new Map([['secret', Buffer.from(secret, 'base64url').toString()]])], at) as RegoValue[];

  it('are verified, and what was altered is not valid', () => {
    const token = sign([['sub', 'ada']]);
    assert.deepEqual(verify(token).slice(0, 1), [true]);
    const [head, , signature] = token.split('.');
    const forged = [head, Buffer.from('{"sub":"eve"}').toString('base64url'), signature].join('.');
    assert.deepEqual(verify(forged), [false, new Map(), new Map()]);
  });

  it('expire by the time of the decision, not by the clock of the machine', () => {
    const token = sign([['exp', 1772366401]]);
    assert.equal(verify(token, evaluation(1772366400_000000000n))[0], true);
    assert.equal(verify(token, evaluation(1772366402_000000000n))[0], false);
  });
});

/** Members of sets and objects in one order: OPA sorts them. */
function sorted(one: RegoValue | undefined): unknown {
  if (Array.isArray(one)) return one.map(sorted);
  if (one instanceof Set) return { set: [...one].map(formatRegoValue).sort() };
  if (one instanceof Map)
    return { map: [...one].map(([name, member]) => [formatRegoValue(name), sorted(member)] as const).sort(([a], [b]) => (a < b ? -1 : 1)) };
  if (one instanceof Decimal) return one.literal;
  return one;
}
