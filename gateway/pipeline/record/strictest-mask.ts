import type { Answer } from '../../vocabulary/decision.ts';
import type { PolicyInput } from '../../vocabulary/policy-input.ts';

/**
 * What is left of the policy's input where its own mask cannot be had: the version, the request's id and operation, who was asked for, and which
 * attempt it was. Nothing that a caller wrote, and no attribute of a person.
 */
export function strictInput(input: PolicyInput): object {
  const { version, request, identity, attempt } = input;
  return {
    version,
    request: { id: request.id, protocol: request.protocol, operation: request.operation },
    identity: { chain: identity.chain.map(({ kind, id, issuer }) => ({ kind, id, issuer })) },
    attempt: { number: attempt.number },
  };
}

/** What is left of the answer: whether, and the codes of why. Messages may quote the input. */
export function strictResult(answer: Answer): object {
  return { allow: answer.allow, reasons: answer.reasons.map(({ code }) => ({ code })) };
}
