import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareVerdicts, differingCodes } from '../../gateway/engine/compare-verdicts.ts';
import type { Verdict } from '../../gateway/vocabulary/verdict.ts';

type Answered = Exclude<Verdict, { failed: unknown }>;

const allowed: Answered = {
  allow: true,
  codes: ['role.granted'],
  route: { backend: 'east', model: 'small', credential: 'east-key' },
  fallbacks: [{ backend: 'west' }],
  obligations: [
    { type: 'cap-tokens', max: 10 },
    { type: 'pin-parameters', set: { n: 1, seed: 2 } },
  ],
};
const denied: Answered = { allow: false, codes: ['nobody'], fallbacks: [], obligations: [] };
const failed = { failed: 'policy.error' } as const;

describe('two verdicts', () => {
  const rows: readonly (readonly [string, Verdict, Verdict, readonly string[]])[] = [
    ['the same', allowed, structuredClone(allowed), []],
    ['the same failure', failed, { ...failed }, []],
    ['allow and deny', allowed, denied, ['allow-to-deny']],
    ['deny and allow', denied, allowed, ['deny-to-allow']],
    ['a failure after an allow', allowed, failed, ['allow-to-failure']],
    ['a failure after a deny', denied, failed, ['deny-to-failure']],
    ['an allow after a failure', failed, allowed, ['failure-to-allow']],
    ['a deny after a failure', failed, denied, ['failure-to-deny']],
    ['another failure', failed, { failed: 'policy.deadline' }, ['other-failure']],
    ['another backend', allowed, { ...allowed, route: { ...allowed.route, backend: 'west' } }, ['route']],
    ['another fallback', allowed, { ...allowed, fallbacks: [] }, ['route']],
    ['one obligation less', allowed, { ...allowed, obligations: allowed.obligations.slice(1) }, ['obligations']],
    [
      'another parameter of an obligation',
      allowed,
      { ...allowed, obligations: [{ type: 'cap-tokens', max: 11 }, ...allowed.obligations.slice(1)] },
      ['obligations'],
    ],
    ['other reasons', denied, { ...denied, codes: ['nobody', 'place.unknown'] }, ['reasons']],
    ['all at once', allowed, { ...allowed, codes: [], fallbacks: [], obligations: [] }, ['route', 'obligations', 'reasons']],
    [
      'obligations and their members in another order',
      allowed,
      {
        ...allowed,
        obligations: [
          { type: 'pin-parameters', set: { seed: 2, n: 1 } },
          { max: 10, type: 'cap-tokens' },
        ],
      },
      [],
    ],
  ];
  for (const [title, before, after, changes] of rows) {
    it(`${title}: ${changes.join(', ') || 'no change'}`, () => assert.deepEqual(compareVerdicts(before, after), changes));
  }

  it('differ in codes that come and go', () => {
    assert.deepEqual(differingCodes(denied, { ...denied, codes: ['nobody', 'place.unknown'] }), ['+place.unknown']);
    assert.deepEqual(differingCodes(allowed, failed), ['+policy.error', '-role.granted']);
    assert.deepEqual(differingCodes(allowed, allowed), []);
  });
});
