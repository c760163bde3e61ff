import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Breakage, isRefusal } from '../../../gateway/errors.ts';
import { makeConsult } from '../../../gateway/pipeline/decide/consult.ts';
import { makeDecide } from '../../../gateway/pipeline/decide/decide.ts';
import type { PolicyInput } from '../../../gateway/vocabulary/policy-input.ts';
import { frozenClock } from '../../engine/harness.ts';
import { sampleCatalogue } from '../../engine/sample-catalogue.ts';
import { ask, policyOf } from './questions.ts';

const entrypoint = 'gateway/decision/answer';
const decide = makeDecide({ catalogue: sampleCatalogue, clock: frozenClock });
const consult = makeConsult(sampleCatalogue);

/** Whatever the policy answers, consulting it comes to what deciding by it would. */
const answers: readonly (readonly [string, unknown])[] = [
  ['allow', { allow: true }],
  [
    'allow with a route',
    { allow: true, route: { backend: 'west' }, reasons: [{ code: 'b' }, { code: 'a' }], fallbacks: [{ backend: 'east' }] },
  ],
  ['allow with obligations', { allow: true, obligations: [{ type: 'cap-tokens', max: 1 }] }],
  ['deny', { allow: false, reasons: [{ code: 'no' }] }],
  ['a backend that is not there', { allow: true, route: { backend: 'nowhere' } }],
  ['a deny without a reason', { allow: false }],
  ['a word', 'yes'],
  ['nothing', undefined],
  ['a failure', new Breakage('policy.deadline', 'too long')],
];

describe('consulting a policy', () => {
  for (const [title, answer] of answers) {
    it(`comes to what deciding by it does: ${title}`, () => {
      const policy = policyOf({ [entrypoint]: answer });
      const decided = decide(ask(policy));
      const verdict = consult.ask(policy, policy.inputs[0] as PolicyInput, {});
      if (isRefusal(decided)) return assert.deepEqual(verdict, { failed: decided.code });
      assert.ok(!('failed' in verdict));
      assert.deepEqual(
        [verdict.allow, verdict.codes, verdict.fallbacks, verdict.obligations],
        [decided.answer.allow, decided.answer.reasons.map(({ code }) => code).sort(), decided.answer.fallbacks, decided.answer.obligations],
      );
      const { backend, model, credential } = decided.route ?? {};
      assert.deepEqual(verdict.route, decided.route && { backend, model, credential });
    });
  }

  it('does not hide what nobody foresaw', () => {
    const policy = policyOf({ [entrypoint]: new TypeError('a mistake of the gateway') });
    assert.throws(() => consult.ask(policy, {} as PolicyInput, {}), TypeError);
  });
});
