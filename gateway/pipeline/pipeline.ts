import type { IncomingMessage, ServerResponse } from 'node:http';
import { isRefusal, type Refusal, refuse } from '../errors.ts';
import type { Catalogue } from '../vocabulary/catalogue.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Decision, PinnedPolicy } from '../vocabulary/decision.ts';
import type { Facts } from '../vocabulary/facts.ts';
import type { IdentityChain } from '../vocabulary/identity.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Attempt } from '../vocabulary/policy-input.ts';
import type { Accepted, Arrival } from '../vocabulary/request.ts';
import type { makeAccept } from './accept/accept.ts';
import type { makeAuthenticate } from './authenticate/authenticate.ts';
import type { makeChain } from './chain/chain.ts';
import type { makeCollect } from './collect/collect.ts';
import type { makeDecide } from './decide/decide.ts';
import type { makeEnforce } from './enforce/enforce.ts';
import { makeExits } from './exits.ts';
import { type Following, proposeNext } from './fallback.ts';
import type { makeInject } from './inject/inject.ts';
import { firstAttempt, type Journal, openJournal } from './journal.ts';
import type { makeProxy } from './proxy/proxy.ts';
import type { Capture } from './record/capture.ts';
import type { makeRecord } from './record/record.ts';

export interface PipelineNeeds {
  readonly accept: ReturnType<typeof makeAccept>;
  readonly authenticate: ReturnType<typeof makeAuthenticate>;
  readonly chain: ReturnType<typeof makeChain>;
  readonly collect: ReturnType<typeof makeCollect>;
  /** Gives the policy that is to decide for these people; a request keeps the one it was given. Without people: the one that is in force. */
  readonly pinPolicy: (chain?: IdentityChain) => PinnedPolicy | undefined;
  /** A candidate policy on trial. */
  readonly trial?: {
    /** Is told of every decision. */
    observe(observed: { readonly decisionId: string; readonly outcome: Decision | Refusal; readonly policy: PinnedPolicy }): void;
    /** What decides in place of a candidate that could not; `undefined` where the request is refused. */
    standIn(policy: PinnedPolicy): PinnedPolicy | undefined;
  };
  readonly decide: ReturnType<typeof makeDecide>;
  readonly enforce: ReturnType<typeof makeEnforce>;
  readonly inject: ReturnType<typeof makeInject>['inject'];
  readonly proxy: ReturnType<typeof makeProxy>;
  readonly record: ReturnType<typeof makeRecord>;
  readonly capture: Capture;
  readonly catalogue: Catalogue;
  readonly maxAttempts: number;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Pipeline {
  /** Takes one request from its head to its record. Never throws. */
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** Records a connection that never became a request. */
  broken(arrival: Arrival): Promise<void>;
}

/** What the attempts of one request share. */
interface Request {
  readonly accepted: Accepted;
  readonly identity: IdentityChain;
  readonly facts: Facts;
  readonly policy: PinnedPolicy;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** What an attempt leaves to the next one: what went wrong at its backend, and the proposals that are left. */
interface Before {
  readonly failure: Refusal;
  readonly left: Following['left'];
}

/** The life of a request: the nine stages in order. Every exit, good or bad, is recorded once. */
export function makePipeline(needs: PipelineNeeds): Pipeline {
  const { accept, authenticate, chain, collect, pinPolicy, trial, decide, enforce, inject, proxy, record, capture, newId, clock } = needs;
  const exits = makeExits(needs);

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const arrival = accept.arrive(req);
    const journal = openJournal(arrival, newId());
    const stop = (refusal: Refusal) => exits.stop(journal, refusal, res);
    try {
      const accepted = accept.accept(arrival, req);
      if (isRefusal(accepted)) return await stop(accepted);
      journal.accepted(accepted);

      const proofs = await authenticate(accepted);
      if (isRefusal(proofs)) return await stop(proofs);

      const identity = chain(proofs);
      if (isRefusal(identity)) return await stop(identity);
      journal.identified(identity);

      const facts = await collect(accepted, identity, req, res);
      if (isRefusal(facts)) return await stop(facts);
      journal.collected(facts);

      const policy = pinPolicy(identity);
      if (policy === undefined) return await stop(refuse('policy.unavailable'));
      await attempt({ accepted, identity, facts, policy, req, res }, journal, firstAttempt);
    } catch (error) {
      await exits.breakDown(journal, error, res);
    }
  }

  /** decide → enforce → inject → record → proxy, once for each candidate: nothing reaches a second backend on the first one's permit. */
  async function attempt(request: Request, journal: Journal, current: Attempt, before?: Before): Promise<void> {
    const { accepted, identity, facts, policy, req, res } = request;
    const { decisionId } = journal.story;
    const stop = (refusal: Refusal) => exits.stop(journal, refusal, res, policy, before?.failure);
    try {
      const decision = decide({ decisionId, accepted, chain: identity, facts, attempt: current, policy });
      trial?.observe({ decisionId, outcome: decision, policy });
      if (isRefusal(decision)) {
        const standIn = current.number === 1 ? trial?.standIn(policy) : undefined;
        return standIn === undefined ? await stop(decision) : await attempt({ ...request, policy: standIn }, journal, current);
      }
      journal.decided(decision);

      const kept = capture.wants(decision) && facts.body ? await capture.prompt(decision, facts.body.bytes) : undefined;
      if (isRefusal(kept)) return await stop(kept);
      if (kept !== undefined) journal.kept(kept);

      const permit = enforce(decision, accepted, facts);
      if (isRefusal(permit)) return await stop(permit);
      journal.permitted(permit);

      const armed = await inject(permit, accepted);
      if (isRefusal(armed)) return await stop(armed);
      journal.armed(armed);

      journal.recorded();
      const unrecorded = await record.decided(journal.story, policy);
      if (unrecorded !== undefined) return exits.unrecorded(journal, unrecorded, res);

      const next = proposeNext(needs, permit, current, before?.left ?? decision.answer.fallbacks);
      const overheadMs = clock.monotonic() - accepted.startedAt;
      const copy = kept && capture.answer(decisionId);
      const carried = await proxy.carry(armed, req, res, decisionId, { mayRetry: next !== undefined, copy });
      const delivered = copy === undefined ? carried : { ...carried, ...(await copy.keep()) };
      if (next === undefined || delivered.committed || delivered.outcome === 'client-aborted') {
        return await exits.finish(journal, delivered, overheadMs, res);
      }
      await record.delivered(journal.story, delivered, overheadMs);
      const following = next.attempt(delivered.outcome);
      const failure = refuse(delivered.code ?? 'upstream.unreachable');
      await attempt(request, journal.turn(newId(), following), following, { failure, left: next.left });
    } catch (error) {
      await exits.breakDown(journal, error, res, policy);
    }
  }

  return { handle, broken: (arrival) => exits.broken(openJournal(arrival, newId())) };
}
