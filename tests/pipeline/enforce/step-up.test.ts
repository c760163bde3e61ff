import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isRefusal } from '../../../gateway/errors.ts';
import { type Case, enforce, permit, refused } from './given.ts';

const at = Date.parse('2026-03-01T12:00:00Z');
const authenticated = (assurance: NonNullable<Case['originator']>['assurance']): Pick<Case, 'originator' | 'at'> => ({
  at,
  originator: assurance === undefined ? {} : { assurance },
});
const stepUp = (parameters: Record<string, unknown>): Pick<Case, 'obligations'> => ({ obligations: [{ type: 'step-up', ...parameters }] });

suite('step-up', () => {
  const met: readonly [Record<string, unknown>, NonNullable<Parameters<typeof authenticated>[0]>][] = [
    [{ mfa: true }, { mfa: true }],
    [{ acr: 'gold' }, { acr: 'gold' }],
    [{ acr: ['silver', 'gold'] }, { acr: 'gold', mfa: false }],
    [{ max_age: 60 }, { auth_time: '2026-03-01T11:59:00.000Z' }],
    [
      { mfa: true, max_age: 60 },
      { mfa: true, auth_time: '2026-03-01T11:59:30.000Z' },
    ],
  ];
  for (const [asked, assurance] of met) {
    test(`${JSON.stringify(asked)} is met by ${JSON.stringify(assurance)}`, () => {
      assert.deepEqual(permit({ ...stepUp(asked), ...authenticated(assurance) }).obligations, [{ type: 'step-up', outcome: 'discharged' }]);
    });
  }

  const missed: readonly [Record<string, unknown>, Parameters<typeof authenticated>[0]][] = [
    [{ mfa: true }, undefined],
    [{ mfa: true }, { mfa: false, acr: 'mfa' }],
    [{ acr: 'gold' }, { acr: 'silver', mfa: true }],
    [{ acr: 'gold' }, {}],
    [{ max_age: 60 }, { auth_time: '2026-03-01T11:58:59.000Z' }],
    [{ max_age: 60 }, { mfa: true }],
    [
      { mfa: true, max_age: 60 },
      { mfa: true, auth_time: '2026-03-01T11:00:00.000Z' },
    ],
  ];
  for (const [asked, assurance] of missed) {
    test(`${JSON.stringify(asked)} is not met by ${JSON.stringify(assurance)}`, () => {
      const result = enforce({ ...stepUp(asked), ...authenticated(assurance) });
      assert.ok(isRefusal(result));
      assert.equal(result.code, 'identity.step-up-required');
      assert.deepEqual(result.obligations, [{ type: 'step-up', outcome: 'blocked' }]);
      assert.equal(result.challenge?.maxAgeSeconds, asked['max_age']);
      assert.deepEqual(result.challenge?.acrValues, asked['mfa'] === true ? ['mfa'] : asked['acr'] === undefined ? [] : [asked['acr']]);
    });
  }

  test('a person is told where to log in, as it was asked', () => {
    const result = enforce({ ...stepUp({ mfa: true, max_age: 300 }), at, loginUrl: 'https://gateway.example/auth/login' });
    assert.ok(isRefusal(result));
    assert.match(result.message ?? '', /https:\/\/gateway\.example\/auth\/login\?acr_values=mfa&max_age=300 /);
  });

  test('it counts for a listing, too, where nothing is sent', () => {
    assert.equal(refused({ operation: 'models', listing: ['small'], ...stepUp({ mfa: true }), at }), 'identity.step-up-required');
    const allowed = enforce({ operation: 'models', listing: ['small'], ...stepUp({ mfa: true }), ...authenticated({ mfa: true }) });
    assert.ok(!isRefusal(allowed));
  });

  test('nobody can log in again for a program: it is blocked', () => {
    for (const kind of ['service', 'agent', 'team'] as const) {
      assert.equal(refused({ ...stepUp({ mfa: true }), at, originator: { kind } }), 'policy.obligation-blocked');
    }
  });

  test('it comes first: nothing is carried out for somebody who must log in again', () => {
    const result = enforce({
      obligations: [
        { type: 'cap-tokens', max: 5 },
        { type: 'step-up', mfa: true },
      ],
      at,
    });
    assert.ok(isRefusal(result));
    assert.deepEqual(
      result.obligations?.map(({ outcome }) => outcome),
      ['not-run', 'blocked'],
    );
  });

  const malformed: readonly Record<string, unknown>[] = [
    {},
    { mfa: false },
    { mfa: 'true' },
    { acr: 'gold', mfa: true },
    { acr: [] },
    { acr: '' },
    { acr: 'two words' },
    { acr: 'quo"te' },
    { acr: 'back\\slash' },
    { acr: 'line\r\nbreak' },
    { acr: 1 },
    { max_age: -1 },
    { max_age: 1.5 },
    { max_age: '60' },
    { mfa: true, level: 2 },
  ];
  for (const parameters of malformed) {
    test(`${JSON.stringify(parameters)} is not understood, so it refuses`, () => {
      assert.equal(
        refused({ ...stepUp(parameters), ...authenticated({ mfa: true, acr: 'gold', auth_time: '2026-03-01T12:00:00Z' }) }),
        'policy.unknown-obligation',
      );
    });
  }
});
