import type { Refusal } from '../errors.ts';
import { isRefusal } from '../errors.ts';
import type { CandidateConfiguration, CandidateStatus } from '../vocabulary/candidate.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Decision, NonDeterministic, PinnedPolicy, PolicyStamp } from '../vocabulary/decision.ts';
import type { IdentityChain } from '../vocabulary/identity.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { ComparisonRecord } from '../vocabulary/record.ts';
import type { Verdict, VerdictChange } from '../vocabulary/verdict.ts';
import { makeChooseCanary } from './choose-canary.ts';
import { type Difference, describeDifference } from './describe-difference.ts';
import type { Shadow } from './shadow.ts';

/** A candidate that has been admitted. */
export interface CandidateMachine {
  readonly policy: PinnedPolicy;
}

/** What the trial counts. */
export interface TrialMetrics {
  compared(changes: readonly VerdictChange[], approved: boolean): void;
  dropped(count: number): void;
  failed(): void;
}

export interface TrialNeeds<Machine extends CandidateMachine> {
  readonly configuration: CandidateConfiguration;
  /** The candidate, where there is one that was admitted. */
  readonly candidate: () => Machine | undefined;
  readonly active: () => PinnedPolicy | undefined;
  /** Begins to ask a candidate beside the requests. */
  readonly startShadow: (machine: Machine, dropped: (count: number) => void) => Shadow;
  /** Puts the candidate in force. @returns why it could not be done */
  readonly putInForce: (machine: Machine) => Promise<{ readonly problem: string } | undefined>;
  readonly log: { enqueue(entry: object): void };
  readonly labels: Readonly<Record<string, string>>;
  /** Is told of a promotion that nobody asked for. */
  readonly promoted: (stamp: PolicyStamp, outcome: { readonly problem: string } | undefined, compared: number) => void;
  readonly metrics: TrialMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A decision as the pipeline made it. */
export interface Observed {
  readonly decisionId: string;
  readonly outcome: Decision | Refusal;
  readonly policy: PinnedPolicy;
}

export interface Trial {
  /** The policy for a request of these people: the one in force, or the candidate for those who get it. */
  pin(chain: IdentityChain): PinnedPolicy | undefined;
  /** The policy in force, in place of a candidate that could not decide; where the configuration wants that. */
  standIn(policy: PinnedPolicy): PinnedPolicy | undefined;
  /** Is told of every decision. Costs next to nothing, and never throws. */
  observe(observed: Observed): void;
  /** Puts the candidate in force, whatever has been compared. */
  promote(): Promise<{ readonly revision: string; readonly digest: string } | { readonly problem: string }>;
  status(): Omit<CandidateStatus, 'message'>;
  stop(): void;
}

/** Lines of differences in a second. A candidate that differs in everything must not double the log. */
const mostLinesPerSecond = 100;

/** A thread that has ended is tried again no sooner than this after it began. */
const restartMs = 30_000;

type Counts = { -readonly [K in 'compared' | 'different' | 'unapproved' | 'dropped' | 'failed' | 'decided']: CandidateStatus[K] } & {
  by_change: Partial<Record<VerdictChange, number>>;
};

/** Keeps a candidate beside the policy in force: asks it about what that decides, or lets it decide for some, and tells the differences. */
export function makeTrial<Machine extends CandidateMachine>(needs: TrialNeeds<Machine>): Trial {
  const { configuration, candidate, active, startShadow, putInForce, log, labels, promoted, metrics, clock, logger } = needs;
  const isChosen = makeChooseCanary(configuration);
  const canaries = new WeakSet<PinnedPolicy>();
  const ration = makeRation(clock);
  let met = '';
  let counts = noCounts();
  let shadow: { readonly machine: Machine; readonly asks: Shadow; readonly at: number } | undefined;
  let promotion: { readonly digest: string; readonly outcome: 'pending' | 'done' | 'failed'; readonly problem?: string } | undefined;

  /** The candidate, unless it is what is in force anyway. */
  function challenger(): Machine | undefined {
    const machine = candidate();
    return machine?.policy.stamp.digest === active()?.stamp.digest ? undefined : machine;
  }

  /** What was counted about another pair says nothing of this one. */
  function meet(machine: Machine, inForce: PolicyStamp): void {
    const now = `${inForce.digest} ${machine.policy.stamp.digest}`;
    if (now === met) return;
    met = now;
    counts = noCounts();
  }

  function shadowOf(machine: Machine): Shadow {
    const now = clock.monotonic();
    const isOver = shadow?.asks.isGone() === true && now - shadow.at >= restartMs;
    if (shadow?.machine === machine && !isOver) return shadow.asks;
    shadow?.asks.stop();
    shadow = undefined;
    const asks = startShadow(machine, drop);
    shadow = { machine, asks, at: now };
    return asks;
  }

  function drop(count: number): void {
    counts.dropped += count;
    metrics.dropped(count);
  }

  function fail(): void {
    counts.failed += 1;
    metrics.failed();
  }

  /** Whatever goes wrong here is the trial's; the request goes on. */
  function observe(observed: Observed): void {
    try {
      look(observed);
    } catch (cause) {
      drop(1);
      logger.error('A decision could not be put to the candidate policy', { decision_id: observed.decisionId, cause });
    }
  }

  function look({ decisionId, outcome, policy }: Observed): void {
    const machine = challenger();
    const inForce = canaries.has(policy) ? active()?.stamp : policy.stamp;
    if (machine === undefined || inForce === undefined) return;
    meet(machine, inForce);
    if (canaries.has(policy)) {
      counts.decided += 1;
      if (isRefusal(outcome)) fail();
      return;
    }
    const input = isRefusal(outcome) ? outcome.asked : outcome.input;
    if (input === undefined) return;
    const pair = met;
    const nd = outcome.nd;
    const now = timeOf(nd) ?? BigInt(Math.trunc(clock.now())) * 1_000_000n;
    shadowOf(machine).ask(input, decisionId, now, (after) => {
      // It may have waited while another candidate came.
      if (pair !== met) return;
      const difference = describeDifference(verdictOf(outcome), after, configuration.approved);
      settle(after, difference);
      if (difference !== undefined && ration()) {
        const ids = { decision_id: decisionId, request_id: input.request.id, attempt: input.attempt.number };
        log.enqueue(tell(ids, policy.stamp, machine.policy.stamp, difference));
      }
      consider(machine);
    });
  }

  function settle(after: Verdict, difference: Difference | undefined): void {
    counts.compared += 1;
    if ('failed' in after) fail();
    metrics.compared(difference?.changes ?? [], difference?.approved ?? true);
    if (difference === undefined) return;
    counts.different += 1;
    if (!difference.approved) counts.unapproved += 1;
    for (const change of difference.changes) counts.by_change[change] = (counts.by_change[change] ?? 0) + 1;
  }

  function tell(
    ids: Pick<ComparisonRecord, 'decision_id' | 'request_id' | 'attempt'>,
    inForce: PolicyStamp,
    other: PolicyStamp,
    { changes, approved, before, after }: Difference,
  ): ComparisonRecord {
    return {
      ...{ schema: 'regate.decision/1', kind: 'compared', ...ids, timestamp: new Date(clock.now()).toISOString(), labels },
      ...{ policy: nameOf(inForce), candidate: nameOf(other), changes, approved, before, after },
    };
  }

  /** Promotes by itself, once for each candidate. One difference that nobody has approved rules it out. */
  function consider(machine: Machine): void {
    const { promoteAfter } = configuration;
    const { stamp } = machine.policy;
    if (promoteAfter === undefined || counts.compared < promoteAfter || counts.unapproved > 0 || promotion?.digest === stamp.digest) return;
    const { compared } = counts;
    void put(machine).then((outcome) => promoted(stamp, outcome, compared));
  }

  async function put(machine: Machine): Promise<{ readonly problem: string } | undefined> {
    const { digest } = machine.policy.stamp;
    promotion = { digest, outcome: 'pending' };
    let outcome: { readonly problem: string } | undefined;
    try {
      outcome = await putInForce(machine);
    } catch (cause) {
      logger.error('The candidate policy could not be put in force', { cause });
      outcome = { problem: 'putting it in force failed; the cause is in the log' };
    }
    promotion = outcome === undefined ? { digest, outcome: 'done' } : { digest, outcome: 'failed', problem: outcome.problem };
    return outcome;
  }

  return {
    pin(chain) {
      const inForce = active();
      const machine = inForce === undefined ? undefined : challenger();
      if (machine === undefined || !isChosen(chain)) return inForce;
      canaries.add(machine.policy);
      return machine.policy;
    },
    standIn: (policy) => (configuration.canary.onFailure === 'active' && canaries.has(policy) ? active() : undefined),
    observe,
    async promote() {
      const machine = candidate();
      if (machine === undefined) return { problem: 'there is no candidate that could be put in force' };
      const { revision, digest } = machine.policy.stamp;
      if (challenger() === undefined) return { problem: `the candidate, revision ${revision}, is in force already` };
      return (await put(machine)) ?? { revision, digest };
    },
    status() {
      const stamp = candidate()?.policy.stamp;
      return {
        mode: configuration.mode,
        ...(stamp === undefined ? {} : { revision: stamp.revision, digest: stamp.digest }),
        ...counts,
        by_change: { ...counts.by_change },
        ...(configuration.promoteAfter === undefined ? {} : { promote_after: configuration.promoteAfter }),
        ...(promotion === undefined || promotion.outcome === 'pending' || promotion.digest !== stamp?.digest
          ? {}
          : { promotion: promotion.outcome }),
        ...(promotion?.problem === undefined || promotion.digest !== stamp?.digest ? {} : { promotion_problem: promotion.problem }),
      };
    },
    stop: () => shadow?.asks.stop(),
  };
}

function noCounts(): Counts {
  return { compared: 0, different: 0, unapproved: 0, dropped: 0, failed: 0, decided: 0, by_change: {} };
}

function verdictOf(outcome: Decision | Refusal): Verdict {
  if (isRefusal(outcome)) return { failed: outcome.code };
  const { answer, route } = outcome;
  return {
    allow: answer.allow,
    codes: answer.reasons.map(({ code }) => code).sort(),
    ...(route === undefined ? {} : { route: { backend: route.backend, model: route.model, credential: route.credential } }),
    fallbacks: answer.fallbacks,
    obligations: answer.obligations,
  };
}

/** Nanoseconds, where the decision took the time. */
function timeOf(nd: NonDeterministic | undefined): bigint | undefined {
  const value = nd?.['time.now_ns']?.['[]'];
  return typeof value === 'number' || typeof value === 'string' ? BigInt(value.toString()) : undefined;
}

function nameOf({ bundle, revision, digest }: PolicyStamp): Omit<PolicyStamp, 'bundles'> {
  return { bundle, revision, digest };
}

function makeRation(clock: Clock): () => boolean {
  let second = -1;
  let left = 0;
  return () => {
    const now = Math.floor(clock.monotonic() / 1000);
    if (now !== second) [second, left] = [now, mostLinesPerSecond];
    left -= 1;
    return left >= 0;
  };
}
