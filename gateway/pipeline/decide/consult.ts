import { Breakage } from '../../errors.ts';
import type { Catalogue } from '../../vocabulary/catalogue.ts';
import type { Answer, Circumstances, PinnedPolicy } from '../../vocabulary/decision.ts';
import type { PolicyInput } from '../../vocabulary/policy-input.ts';
import type { Verdict } from '../../vocabulary/verdict.ts';
import { MalformedAnswer, readAnswer } from './read-answer.ts';
import { makeResolveRoute } from './resolve-route.ts';

const answerEntrypoint = 'gateway/decision/answer';

/** Says what a policy would decide, without deciding anything. */
export interface Consult {
  /** Puts an input to a policy. Never throws for the policy's sake. */
  ask(policy: PinnedPolicy, input: PolicyInput, circumstances: Circumstances): Verdict;
  /** What an answer that is known already comes to. */
  judge(answer: Answer, input: PolicyInput): Verdict;
}

/**
 * Makes what shadow evaluation and replay ask policies with: the same reading of the answer, and the same routes, as the decide stage's.
 * @param catalogue where there is none, a route is what the policy names of it
 */
export function makeConsult(catalogue?: Catalogue): Consult {
  const resolveRoute = catalogue && makeResolveRoute(catalogue);

  function judge(answer: Answer, { request, model, attempt }: PolicyInput): Verdict {
    const asked = { protocol: request.protocol, operation: request.operation, model: model?.resolved, candidate: attempt.candidate };
    const route = answer.allow ? (resolveRoute === undefined ? answer.route : resolveRoute(answer.route, asked)) : undefined;
    if (route !== undefined && 'code' in route) return { failed: route.code };
    return {
      allow: answer.allow,
      codes: answer.reasons.map(({ code }) => code).sort(),
      ...(route === undefined ? {} : { route: partsOf(route) }),
      fallbacks: answer.fallbacks,
      obligations: answer.obligations,
    };
  }

  return {
    judge,
    ask(policy, input, circumstances) {
      try {
        const value = policy.evaluate(answerEntrypoint, input, circumstances);
        return value === undefined ? { failed: 'policy.undefined' } : judge(readAnswer(value), input);
      } catch (cause) {
        if (cause instanceof MalformedAnswer) return { failed: 'policy.malformed-answer' };
        if (cause instanceof Breakage) return { failed: cause.code };
        throw cause;
      }
    },
  };
}

function partsOf({ backend, model, credential }: NonNullable<Answer['route']>): NonNullable<Answer['route']> {
  return {
    ...(backend === undefined ? {} : { backend }),
    ...(model === undefined ? {} : { model }),
    ...(credential === undefined ? {} : { credential }),
  };
}
