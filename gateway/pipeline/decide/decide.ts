import { Breakage, type Refusal, refuse } from '../../errors.ts';
import type { Catalogue } from '../../vocabulary/catalogue.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Circumstances, Decision, NonDeterministic, PinnedPolicy } from '../../vocabulary/decision.ts';
import type { Facts } from '../../vocabulary/facts.ts';
import type { IdentityChain } from '../../vocabulary/identity.ts';
import type { Attempt, PolicyInput } from '../../vocabulary/policy-input.ts';
import type { Accepted } from '../../vocabulary/request.ts';
import { believe } from './believe.ts';
import { buildInput } from './build-input.ts';
import { MalformedAnswer } from './read-answer.ts';
import { readListing } from './read-listing.ts';
import { makeResolveRoute } from './resolve-route.ts';

export interface DecideNeeds {
  readonly catalogue: Catalogue;
  readonly clock: Clock;
}

export interface Question {
  readonly decisionId: string;
  readonly accepted: Accepted;
  readonly chain: IdentityChain;
  readonly facts: Facts;
  readonly attempt: Attempt;
  /** The revision that the request is pinned to, for all its attempts. */
  readonly policy: PinnedPolicy;
}

export type Decide = (question: Question) => Decision | Refusal;

const answerEntrypoint = 'gateway/decision/answer';
const listingEntrypoint = 'gateway/listing/models';

/**
 * Asks the policy its one question and believes only a complete, well-formed answer that names a route of the catalogue.
 *
 * A deny is a `Decision` too; `enforce` turns it into a refusal. What cannot be believed at all is a `Refusal` here:
 * `policy.undefined`, `policy.malformed-answer`, `policy.error`, `policy.unavailable`, `policy.unknown-route`, `policy.route-mismatch`.
 */
export function makeDecide({ catalogue, clock }: DecideNeeds): Decide {
  const resolveRoute = makeResolveRoute(catalogue);

  return function decide({ decisionId, accepted, chain, facts, attempt, policy }) {
    const startedAt = clock.monotonic();
    const input = buildInput(accepted, chain, facts, attempt);
    // The answer and the listing see one time and the same random values, and the record tells what they took.
    let nd: NonDeterministic | undefined;
    const circumstances: Circumstances = {
      now: BigInt(Math.trunc(clock.now())) * 1_000_000n,
      seed: decisionId,
      taken: (values) => {
        nd = { ...nd, ...Object.fromEntries(Object.entries(values).map(([name, calls]) => [name, { ...nd?.[name], ...calls }])) };
      },
    };
    const no = (code: Refusal['code'], detail: string): Refusal =>
      refuse(code, { reasons: [{ code }], detail, policy: policy.stamp, asked: input, ...(nd === undefined ? {} : { nd }) });

    try {
      const value = policy.evaluate(answerEntrypoint, input, circumstances);
      if (value === undefined) return no('policy.undefined', `${answerEntrypoint} is undefined for this request`);
      const answer = believe(value);

      const asked = {
        protocol: accepted.protocol,
        operation: accepted.operation,
        model: facts.model?.resolved,
        candidate: attempt.candidate,
      };
      const route = answer.allow ? resolveRoute(answer.route, asked) : undefined;
      if (route !== undefined && 'code' in route) return no(route.code, route.detail);

      const listing = answer.allow && accepted.operation === 'models' ? list(policy, input, circumstances) : undefined;
      return {
        decisionId,
        attempt,
        policy: policy.stamp,
        input,
        answer,
        evalUs: Math.round((clock.monotonic() - startedAt) * 1000),
        ...(route === undefined ? {} : { route }),
        ...(listing === undefined ? {} : { listing }),
        ...(nd === undefined ? {} : { nd }),
      };
    } catch (cause) {
      if (cause instanceof MalformedAnswer) return no('policy.malformed-answer', cause.message);
      if (cause instanceof Breakage) return no(cause.code, cause.message);
      throw cause;
    }
  };

  /** The catalogue's ids that the policy lets this caller see, in the catalogue's order. Without the entry point: none. */
  function list(policy: PinnedPolicy, input: PolicyInput, circumstances: Circumstances): readonly string[] {
    if (!policy.has(listingEntrypoint)) return [];
    const visible = readListing(policy.evaluate(listingEntrypoint, input, circumstances));
    return [...catalogue.models.keys()].filter((id) => visible.has(id));
  }
}
