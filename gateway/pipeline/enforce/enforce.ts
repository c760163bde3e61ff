import { Breakage, isRefusal, type Refusal, refuse } from '../../errors.ts';
import type { Catalogue } from '../../vocabulary/catalogue.ts';
import type { Decision } from '../../vocabulary/decision.ts';
import type { Facts } from '../../vocabulary/facts.ts';
import type { Permit } from '../../vocabulary/permit.ts';
import type { Accepted } from '../../vocabulary/request.ts';
import { Draft } from './draft.ts';
import { listModels } from './listing.ts';
import { makeStepUp } from './obligations/step-up.ts';
import { makeCarryOut } from './obligations.ts';
import { sealPermit } from './seal.ts';
import { nameUpstreamModel } from './upstream-model.ts';
import { askForUsage } from './usage-chunk.ts';

export interface EnforceNeeds {
  readonly catalogue: Catalogue;
  /** Where people log in, for those who are asked to do it again; absent where they cannot do it here. */
  readonly loginUrl?: string;
}

/**
 * Makes the sixth stage, the only one that makes permits: an allow, with every obligation carried out on the bytes that will be sent.
 *
 * Refusals: `policy.denied`; `policy.unknown-obligation` for one that is unknown or malformed; `policy.obligation-blocked` for one that this request does
 * not allow; `policy.conflict` for two that contradict each other; `policy.unknown-route`; `model.unknown` for a listing. Each tells what became of the
 * obligations.
 */
export function makeEnforce({ catalogue, loginUrl }: EnforceNeeds) {
  const carryOut = makeCarryOut({ conditions: [makeStepUp({ ...(loginUrl === undefined ? {} : { loginUrl }) })] });

  /** @throws Breakage `gateway.error` where an earlier stage broke its word: an allowed decision without a route, or a route without a body */
  return function enforce(decision: Decision, accepted: Accepted, facts: Facts): Permit | Refusal {
    const { answer, policy } = decision;
    if (!answer.allow) {
      return refuse('policy.denied', {
        reasons: answer.reasons,
        ...(answer.message !== undefined && { message: answer.message }),
        policy,
        obligations: answer.obligations.map(({ type }) => ({ type, outcome: 'not-run' })),
      });
    }
    const { protocol, operation } = accepted;
    const occasion = { originator: decision.input.identity.originator, at: accepted.receivedAt };
    if (operation === 'models') {
      const { outcomes: obligations, refusal } = carryOut(answer.obligations, undefined, occasion);
      if (refusal !== undefined) return { ...refusal, policy, obligations };
      const models = listModels(decision, accepted, catalogue);
      if (isRefusal(models)) return { ...models, obligations };
      return sealPermit({
        kind: 'listing',
        decision,
        protocol,
        operation,
        obligations,
        models,
        single: accepted.modelInPath !== undefined,
      });
    }
    const { route } = decision;
    if (route === undefined || facts.body === undefined) {
      throw new Breakage('gateway.error', 'An allowed request reached enforcement without a route or without a body.');
    }
    // A body in one dialect means something else in another, if anything.
    if (catalogue.backends.get(route.backend)?.protocol !== protocol) {
      const obligations = answer.obligations.map(({ type }) => ({ type, outcome: 'not-run' as const }));
      return refuse('policy.unknown-route', { policy, obligations });
    }
    const draft = new Draft({ protocol, operation, body: facts.body, tools: facts.parameters?.tools ?? [] });
    const { outcomes: obligations, refusal } = carryOut(answer.obligations, draft, occasion);
    if (refusal !== undefined) return { ...refusal, policy, obligations };
    nameUpstreamModel(draft, route);
    const dropUsageChunk = askForUsage(draft, facts.stream);
    return sealPermit({
      kind: 'forward',
      decision,
      protocol,
      operation,
      obligations,
      route,
      method: accepted.method,
      path: accepted.upstreamPath,
      body: draft.text(),
      stream: facts.stream,
      dropUsageChunk,
      ...(draft.timeoutMs !== undefined && { timeoutMs: draft.timeoutMs }),
      headers: Object.fromEntries(draft.headers),
    });
  };
}
