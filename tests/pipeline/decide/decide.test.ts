import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { admit } from '../../../gateway/engine/admit.ts';
import { Breakage, isRefusal } from '../../../gateway/errors.ts';
import { makeDecide } from '../../../gateway/pipeline/decide/decide.ts';
import { readAnswer } from '../../../gateway/pipeline/decide/read-answer.ts';
import type { Circumstances } from '../../../gateway/vocabulary/decision.ts';
import { keepingLogger } from '../../engine/harness.ts';
import { sampleCatalogue } from '../../engine/sample-catalogue.ts';
import { accepted, ask, policyOf } from './questions.ts';

let ticks = 0;
const clock = { now: () => 0, monotonic: () => (ticks += 0.25) };
const decide = makeDecide({ catalogue: sampleCatalogue, clock });
const answer = 'gateway/decision/answer';
const listing = 'gateway/listing/models';
const denied = { allow: false, reasons: [{ code: 'model.not-granted' }] };

describe('a decision', () => {
  it('that allows names a whole route, the policy, and how long it took', () => {
    const policy = policyOf({ [answer]: { allow: true } });
    const decision = decide(ask(policy));
    assert.ok(!isRefusal(decision));
    assert.deepEqual(decision.route, { backend: 'east', model: 'small', upstreamModel: 'small-2026', credential: 'east-key' });
    assert.deepEqual(decision.policy, { bundle: 'regate', revision: 'r1', digest: 'd1' });
    assert.equal(decision.evalUs, 250);
    assert.equal(decision.decisionId, '01900000-0000-7000-8000-000000000002');
    assert.equal('listing' in decision, false);
    assert.equal(decision.input, policy.inputs[0]);
  });

  it('has one time and one seed for all its evaluations, and tells what they took', () => {
    const seen: (Circumstances | undefined)[] = [];
    const values = policyOf({ [answer]: { allow: true }, [listing]: ['small'] });
    const policy = {
      ...values,
      evaluate(entrypoint: string, input: unknown, circumstances?: Circumstances) {
        seen.push(circumstances);
        circumstances?.taken?.({ 'rand.intn': { [`["${entrypoint}", 9]`]: 3 } });
        return values.evaluate(entrypoint, input);
      },
    };
    const decision = decide(ask(policy, { operation: 'models' }));
    assert.ok(!isRefusal(decision));
    assert.deepEqual(
      seen.map((each) => [each?.now, each?.seed]),
      [
        [0n, decision.decisionId],
        [0n, decision.decisionId],
      ],
    );
    assert.deepEqual(decision.nd, { 'rand.intn': { [`["${answer}", 9]`]: 3, [`["${listing}", 9]`]: 3 } });
    assert.equal('nd' in (decide(ask(values)) as object), false);
  });

  it('that cannot be believed tells what it took, too', () => {
    const values = policyOf({ [answer]: undefined });
    const refusal = decide(
      ask({
        ...values,
        evaluate(_entrypoint, _input, circumstances) {
          circumstances?.taken?.({ 'time.now_ns': { '[]': 5 } });
          return undefined;
        },
      }),
    );
    assert.ok(isRefusal(refusal));
    assert.deepEqual(refusal.nd, { 'time.now_ns': { '[]': 5 } });
  });

  it('that denies is a decision too, without a route even where the answer names one', () => {
    const decision = decide(ask(policyOf({ [answer]: { ...denied, route: { model: 'nothing' } } })));
    assert.ok(!isRefusal(decision));
    assert.equal(decision.answer.allow, false);
    assert.equal('route' in decision, false);
  });

  it('is asked for with the contract’s input, and nothing beside it', () => {
    const policy = policyOf({ [answer]: denied });
    decide(ask(policy));
    const person = { kind: 'person', id: 'okta:00u1', issuer: 'okta', method: 'jwt', roles: ['engineer'], groups: [], claims: {} };
    assert.deepEqual(policy.inputs, [
      {
        version: 1,
        request: {
          id: accepted.requestId,
          time: '2026-03-01T12:00:00.000Z',
          protocol: 'openai',
          operation: 'chat',
          method: 'POST',
          path: '/v1/chat/completions',
          stream: false,
          size_bytes: 120,
        },
        identity: {
          chain: [person, { kind: 'token', id: 'jti-1', issuer: 'okta', method: 'jwt', scopes: [] }],
          principals: [person],
          originator: person,
          caller: person,
        },
        context: { time: { weekday: 'sunday', hour: 12, zone: 'UTC' } },
        model: { requested: 'fast', resolved: 'small', candidates: [{ model: 'small' }] },
        parameters: { other: [] },
        attempt: { number: 1, previous: [] },
      },
    ]);
  });
});

describe('a policy that cannot be believed', () => {
  const cases: readonly [string, unknown, string][] = [
    ['gives nothing', undefined, 'policy.undefined'],
    ['gives true', true, 'policy.malformed-answer'],
    ['gives an answer with an unknown key', { allow: true, alow: true }, 'policy.malformed-answer'],
    ['denies without a reason', { allow: false, reasons: [] }, 'policy.malformed-answer'],
    ['fails', new Breakage('policy.error', 'it failed at x.rego:1:1'), 'policy.error'],
    ['lacks the entry point', new Breakage('policy.unavailable', 'no entry point'), 'policy.unavailable'],
    ['names a model of nobody', { allow: true, route: { model: 'nothing' } }, 'policy.unknown-route'],
  ];
  for (const [what, value, code] of cases) {
    it(`because it ${what} is refused with ${code}, and stamped`, () => {
      const refusal = decide(ask(policyOf({ [answer]: value })));
      assert.ok(isRefusal(refusal));
      assert.equal(refusal.code, code);
      assert.deepEqual(refusal.reasons, [{ code }]);
      assert.equal(refusal.policy?.digest, 'd1');
      assert.ok((refusal.detail ?? '').length > 0);
    });
  }

  it('because the gateway itself broke is not hidden as a refusal', () => {
    assert.throws(() => decide(ask(policyOf({ [answer]: new TypeError('a bug') }))), TypeError);
  });

  it('is not quoted: a policy can copy what a caller sent', () => {
    const secret = 'hunter2-hunter2';
    for (const value of [
      { allow: true, [secret]: 1 },
      { allow: secret },
      { allow: true, route: { model: secret } },
      { allow: true, route: { backend: secret } },
      { allow: true, route: { credential: secret } },
      { allow: true, reasons: [{ code: secret.toUpperCase() }] },
      { allow: true, audit: { labels: { [secret.toUpperCase()]: 'x' } } },
    ]) {
      const refusal = decide(ask(policyOf({ [answer]: value })));
      assert.ok(isRefusal(refusal));
      assert.doesNotMatch(JSON.stringify(refusal), /hunter2/i);
    }
  });
});

describe('a listing', () => {
  const list = (value: unknown, allowed: unknown = { allow: true }) =>
    decide(ask(policyOf({ [answer]: allowed, ...(value === 'no entry point' ? {} : { [listing]: value }) }), { operation: 'models' }));

  const cases: readonly [string, unknown, readonly string[]][] = [
    ['is what the policy lists, in the order of the catalogue', ['claude', 'small'], ['small', 'claude']],
    ['leaves out what the catalogue does not have', ['small', 'secret-model', 'toString'], ['small']],
    ['is empty where the rule is undefined', undefined, []],
    ['is empty where there is no such rule', 'no entry point', []],
  ];
  for (const [what, value, want] of cases) {
    it(what, () => {
      const decision = list(value);
      assert.ok(!isRefusal(decision));
      assert.deepEqual(decision.listing, want);
      assert.equal('route' in decision, false);
    });
  }

  for (const value of [true, null, { small: true }, [1], [['small']], [''], 'small']) {
    it(`${JSON.stringify(value)} is refused`, () => {
      const refusal = list(value);
      assert.ok(isRefusal(refusal));
      assert.equal(refusal.code, 'policy.malformed-answer');
    });
  }

  it('is not asked for after a deny, nor for another operation', () => {
    const failing = new Breakage('policy.error', 'must not be asked');
    const decision = list(failing, denied);
    assert.ok(!isRefusal(decision));
    assert.equal('listing' in decision, false);
    assert.ok(!isRefusal(decide(ask(policyOf({ [answer]: { allow: true }, [listing]: failing })))));
  });
});

describe('with a compiled policy', async () => {
  const bytes = readFileSync(new URL('../../engine/fixtures/stub.tar.gz', import.meta.url));
  const needs = {
    catalogue: sampleCatalogue,
    maxMemoryBytes: 64 << 20,
    maxEvaluationMs: 50,
    clock,
    logger: keepingLogger(),
    checkAnswer: readAnswer,
  };
  const { policy } = await admit('stub.tar.gz', bytes, needs);

  it('an engineer gets the model that the role grants', () => {
    const decision = decide(ask(policy, { model: 'large' }));
    assert.ok(!isRefusal(decision));
    assert.equal(decision.route?.backend, 'east');
    assert.equal(decision.route?.upstreamModel, 'large-2026');
  });

  it('and is denied another one, with the reason', () => {
    const decision = decide(ask(policy, { model: 'claude' }));
    assert.ok(!isRefusal(decision));
    assert.deepEqual(decision.answer.reasons, [{ code: 'model.not-granted', rule: 'stub', public: true }]);
  });

  it('and is listed what the role grants', () => {
    const decision = decide({
      ...ask(policy, { operation: 'models' }),
      policy: {
        ...policyOf({ [answer]: { allow: true } }),
        has: policy.has,
        evaluate: (entrypoint, input) => (entrypoint === answer ? { allow: true } : policy.evaluate(entrypoint, input)),
      },
    });
    assert.ok(!isRefusal(decision));
    assert.deepEqual(decision.listing, ['small', 'large']);
  });

  it('a conflict between rules is policy.error, with its place', () => {
    const question = ask(policy);
    const refusal = decide({ ...question, accepted: { ...question.accepted, path: '/test/conflict' } });
    assert.ok(isRefusal(refusal));
    assert.equal(refusal.code, 'policy.error');
    assert.match(refusal.detail ?? '', /decision\.rego:\d+:1: var assignment conflict/);
  });
});
