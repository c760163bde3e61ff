import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRefusal, refuse } from '../../gateway/errors.ts';
import { makeDecide } from '../../gateway/pipeline/decide/decide.ts';
import { makeTrial, type TrialNeeds } from '../../gateway/trial/trial.ts';
import type { CandidateConfiguration } from '../../gateway/vocabulary/candidate.ts';
import type { PinnedPolicy } from '../../gateway/vocabulary/decision.ts';
import type { IdentityChain } from '../../gateway/vocabulary/identity.ts';
import type { ComparisonRecord } from '../../gateway/vocabulary/record.ts';
import type { Verdict } from '../../gateway/vocabulary/verdict.ts';
import { keepingLogger } from '../engine/harness.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';
import { makeFrozenClock } from '../ledger/log-harness.ts';
import { ask, policyOf } from '../pipeline/decide/questions.ts';

const entrypoint = 'gateway/decision/answer';
const allow: Verdict = {
  allow: true,
  codes: [],
  route: { backend: 'east', model: 'small', credential: 'east-key' },
  fallbacks: [],
  obligations: [],
};
const deny: Verdict = { allow: false, codes: ['no'], fallbacks: [], obligations: [] };

function policyNamed(revision: string, answer: unknown = { allow: true }): PinnedPolicy {
  return { ...policyOf({ [entrypoint]: answer }), stamp: { bundle: 'regate', revision, digest: `digest of ${revision}` } };
}

type Machine = { policy: PinnedPolicy };

/** A trial whose candidate answers when the test says so. */
function stage(more: Partial<CandidateConfiguration> = {}, needs: Partial<TrialNeeds<Machine>> = {}) {
  const clock = makeFrozenClock();
  const world = {
    clock,
    logger: keepingLogger(),
    active: policyNamed('old') as PinnedPolicy | undefined,
    machine: { policy: policyNamed('new') } as Machine | undefined,
    lines: [] as ComparisonRecord[],
    shadows: 0,
    gone: false,
    stopped: 0,
    asked: [] as { seed: string; answered: (verdict: Verdict) => void }[],
    putInForce: [] as string[],
    promoted: [] as unknown[],
  };
  const trial = makeTrial<Machine>({
    configuration: {
      bundles: [],
      mode: 'shadow',
      canary: { share: 0, identities: [], groups: [], onFailure: 'refuse' },
      queue: 10,
      approved: [],
      ...more,
    },
    candidate: () => world.machine,
    active: () => world.active,
    startShadow: () => {
      world.shadows += 1;
      return {
        ask: (_input, seed, _now, answered) => void world.asked.push({ seed, answered }),
        isGone: () => world.gone,
        stop: () => {
          world.stopped += 1;
        },
      };
    },
    async putInForce({ policy }) {
      world.putInForce.push(policy.stamp.revision);
      world.active = policy;
      return undefined;
    },
    log: { enqueue: (entry) => void world.lines.push(entry as ComparisonRecord) },
    labels: { region: 'x' },
    promoted: (...args) => void world.promoted.push(args),
    metrics: { compared: () => undefined, dropped: () => undefined, failed: () => undefined },
    clock,
    logger: world.logger,
    ...needs,
  });
  const decide = makeDecide({ catalogue: sampleCatalogue, clock });
  /** Decides by the policy in force, and lets the candidate answer. */
  function once(verdict: Verdict, policy = world.active): void {
    if (policy === undefined) throw new Error('no policy');
    const question = ask(policy);
    trial.observe({ decisionId: question.decisionId, outcome: decide(question), policy });
    world.asked.shift()?.answered(verdict);
  }
  return { world, trial, once, decide };
}

const people = (id: string, groups: readonly string[] = []): IdentityChain => {
  const { chain } = ask(policyNamed('x'));
  return { ...chain, originator: { ...chain.originator, id, groups } };
};

describe('a candidate in the shadow', () => {
  it('is asked about every decision, and differences stand on the record without text of callers', () => {
    const { world, trial, once } = stage();
    once(allow);
    once({ ...deny, obligations: [{ type: 'headers', set: { 'x-text': 'of a caller' } }] });
    assert.deepEqual(
      { ...trial.status(), digest: '' },
      {
        ...{ mode: 'shadow', revision: 'new', digest: '', compared: 2, different: 1, unapproved: 1, dropped: 0, failed: 0, decided: 0 },
        by_change: { 'allow-to-deny': 1 },
      },
    );
    const [line, ...others] = world.lines;
    assert.equal(others.length, 0);
    assert.deepEqual(
      [line?.kind, line?.policy.revision, line?.candidate.revision, line?.changes, line?.approved],
      ['compared', 'old', 'new', ['allow-to-deny'], false],
    );
    assert.deepEqual(line?.after, { allow: false, codes: ['no'], fallbacks: 0, obligations: ['headers'] });
    assert.equal(line?.decision_id, ask(policyNamed('x')).decisionId);
    assert.ok(!JSON.stringify(world.lines).includes('of a caller'));
  });

  it('decides nothing, for nobody', () => {
    const { world, trial } = stage();
    assert.equal(trial.pin(people('okta:00u1')), world.active);
    const without = stage({ mode: 'canary', canary: { share: 100, identities: [], groups: [], onFailure: 'refuse' } });
    without.world.machine = undefined;
    assert.equal(without.trial.pin(people('a')), without.world.active);
  });

  it('is compared with failures of the policy in force, too, and its own are counted', () => {
    const { world, trial, once } = stage();
    world.active = policyNamed('old', 'no answer');
    once(deny);
    once({ failed: 'policy.malformed-answer' });
    once({ failed: 'policy.deadline' });
    const { by_change: changes, failed } = trial.status();
    assert.deepEqual([changes, failed], [{ 'failure-to-deny': 1, 'other-failure': 1 }, 2]);
  });

  it('begins anew when either of the two changes; an answer that was meant for others does not count', () => {
    const { world, trial, once } = stage();
    once(deny);
    const question = ask(world.active ?? assert.fail());
    trial.observe({ decisionId: 'late', outcome: refuse('policy.error', { asked: undefined as never }), policy: question.policy });
    world.machine = { policy: policyNamed('newer') };
    once(allow);
    assert.deepEqual([trial.status().compared, trial.status().different, world.shadows, world.stopped], [1, 0, 2, 1]);
    trial.observe({
      decisionId: 'd',
      outcome: refuse('policy.error', { asked: { request: { id: 'r' }, attempt: { number: 1 } } as never }),
      policy: question.policy,
    });
    const late = world.asked.shift();
    world.active = policyNamed('other');
    once(allow, world.active);
    late?.answered(deny);
    assert.deepEqual([trial.status().compared, trial.status().different], [1, 0]);
  });

  it('is not asked once it is in force', () => {
    const { world, trial, once } = stage();
    world.active = world.machine?.policy;
    once(deny);
    assert.deepEqual([trial.status().compared, world.asked.length, world.shadows], [0, 0, 0]);
  });

  it('never touches a request, whatever breaks', () => {
    const { world, trial, once } = stage(
      {},
      {
        startShadow: () => {
          throw new Error('no thread');
        },
      },
    );
    once(deny);
    assert.equal(trial.status().dropped, 1);
    assert.equal(world.logger.lines.filter(({ level }) => level === 'error').length, 1);
  });

  it('is asked again, after a while, where its thread has ended', () => {
    const { world, once } = stage();
    once(allow);
    world.gone = true;
    once(allow);
    world.clock.push(29_999);
    once(allow);
    assert.equal(world.shadows, 1);
    world.clock.push(1);
    once(allow);
    assert.deepEqual([world.shadows, world.stopped], [2, 1]);
  });

  it('writes a hundred lines a second and counts the rest', () => {
    const { world, trial, once } = stage();
    for (let number = 0; number < 250; number += 1) once(deny);
    assert.deepEqual([world.lines.length, trial.status().different], [100, 250]);
    world.clock.push(1000);
    once(deny);
    assert.equal(world.lines.length, 101);
  });
});

describe('a candidate that is promoted by itself', () => {
  const settled = () => new Promise((resolve) => void setImmediate(resolve));

  it('comes into force after so many comparisons without a difference, once', async () => {
    const { world, trial, once } = stage({ promoteAfter: 3 });
    for (let number = 0; number < 2; number += 1) once(allow);
    assert.deepEqual(world.putInForce, []);
    once(allow);
    await settled();
    assert.deepEqual([world.putInForce, world.promoted.length, trial.status().promotion], [['new'], 1, 'done']);
    for (let number = 0; number < 9; number += 1) once(allow);
    await settled();
    assert.deepEqual(world.putInForce, ['new']);
  });

  it('does not after a single difference that nobody has approved', async () => {
    const { world, once } = stage({ promoteAfter: 3, approved: [{ change: 'allow-to-deny', reason: 'meant' }, { change: 'route' }] });
    once(deny);
    for (let number = 0; number < 20; number += 1) once(allow);
    await settled();
    assert.deepEqual(world.putInForce, []);
  });

  it('does where every difference is one that is meant', async () => {
    const { world, trial, once } = stage({ promoteAfter: 4, approved: [{ change: 'allow-to-deny', reason: 'no' }, { change: 'route' }] });
    once(deny);
    once({ ...allow, route: { backend: 'west', model: 'small', credential: 'west-key' } });
    once(deny);
    assert.deepEqual([trial.status().different, trial.status().unapproved], [3, 0]);
    once(allow);
    await settled();
    assert.deepEqual(world.putInForce, ['new']);
  });

  it('says why it could not be put in force, and does not try again and again', async () => {
    let tries = 0;
    const { trial, once } = stage(
      { promoteAfter: 1 },
      {
        putInForce: async () => {
          tries += 1;
          return { problem: 'the disk is full' };
        },
      },
    );
    for (let number = 0; number < 5; number += 1) once(allow);
    await settled();
    assert.deepEqual([tries, trial.status().promotion, trial.status().promotion_problem], [1, 'failed', 'the disk is full']);
    assert.deepEqual(await trial.promote(), { problem: 'the disk is full' });
  });
});

describe('a canary', () => {
  const canary = (more: Partial<CandidateConfiguration['canary']>) =>
    stage({ mode: 'canary', canary: { share: 0, identities: [], groups: [], onFailure: 'refuse', ...more } });
  const isPinned = (one: ReturnType<typeof stage>, id: string, groups: readonly string[] = []) =>
    one.trial.pin(people(id, groups)) === one.world.machine?.policy;

  it('is given to those who are named, and to members of groups', () => {
    const one = canary({ identities: ['okta:1'], groups: ['pilots'] });
    assert.deepEqual([isPinned(one, 'okta:1'), isPinned(one, 'okta:2'), isPinned(one, 'okta:3', ['x', 'pilots'])], [true, false, true]);
  });

  it('is given to a share, to the same ones always, and a larger share holds the smaller', () => {
    const ids = Array.from({ length: 4000 }, (_, number) => `okta:${number}`);
    const chosen = (share: number) => {
      const one = canary({ share });
      return new Set(ids.filter((id) => isPinned(one, id)));
    };
    const [ten, again, thirty] = [chosen(10), chosen(10), chosen(30)];
    assert.deepEqual(ten, again);
    assert.ok(ten.size > 320 && ten.size < 480 && thirty.size > 1080 && thirty.size < 1320, `${ten.size} ${thirty.size}`);
    assert.ok([...ten].every((id) => thirty.has(id)));
    assert.deepEqual([chosen(0).size, chosen(100).size], [0, ids.length]);
  });

  it('is given to nobody while no policy is in force', () => {
    const one = canary({ share: 100 });
    one.world.active = undefined;
    assert.equal(one.trial.pin(people('a')), undefined);
  });

  it('refuses what it cannot decide, unless the policy in force is to stand in', () => {
    for (const onFailure of ['refuse', 'active'] as const) {
      const one = canary({ share: 100, onFailure });
      const policy = one.trial.pin(people('a')) ?? assert.fail();
      assert.equal(one.trial.standIn(policy), onFailure === 'active' ? one.world.active : undefined);
      assert.equal(one.trial.standIn(one.world.active ?? assert.fail()), undefined, 'never for the policy in force itself');
    }
  });

  it('is counted by what it decides, and what the policy in force decides is compared', () => {
    const one = canary({ identities: ['a'] });
    const policy = one.trial.pin(people('a')) ?? assert.fail();
    const question = ask(policy);
    one.trial.observe({ decisionId: 'd1', outcome: one.decide(question), policy });
    one.trial.observe({ decisionId: 'd2', outcome: refuse('policy.error'), policy });
    one.once(allow);
    const { decided, failed, compared } = one.trial.status();
    assert.deepEqual([decided, failed, compared], [2, 1, 1]);
    assert.ok(!isRefusal(one.decide(question)));
  });
});
