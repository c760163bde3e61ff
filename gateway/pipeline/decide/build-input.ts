import type { Facts } from '../../vocabulary/facts.ts';
import type { IdentityChain } from '../../vocabulary/identity.ts';
import type { Attempt, PolicyInput } from '../../vocabulary/policy-input.ts';
import type { Accepted } from '../../vocabulary/request.ts';

/** A caller comes again and again with the same credential, whose chain the chain stage has frozen: the same object tells the engine so. */
const identities = new WeakMap<IdentityChain['chain'], PolicyInput['identity']>();

function identify({ chain, principals, originator, caller }: IdentityChain): PolicyInput['identity'] {
  if (!Object.isFrozen(chain)) return { chain, principals, originator, caller };
  const known = identities.get(chain);
  if (known !== undefined) return known;
  const identity = Object.freeze({ chain, principals, originator, caller });
  identities.set(chain, identity);
  return identity;
}

/**
 * Puts what is known into the form that policies read. Nothing is computed here and nothing is added: what the gateway does not know stays
 * absent. Credentials, headers and the body have no place in it. It is frozen: it stands on the record as the policy saw it.
 */
export function buildInput(accepted: Accepted, chain: IdentityChain, facts: Facts, attempt: Attempt): PolicyInput {
  return Object.freeze({
    version: 1,
    request: {
      id: accepted.requestId,
      time: new Date(accepted.receivedAt).toISOString(),
      protocol: accepted.protocol,
      operation: accepted.operation,
      method: accepted.method,
      path: accepted.path,
      stream: facts.stream,
      size_bytes: facts.sizeBytes,
    },
    identity: identify(chain),
    context: facts.context,
    ...(facts.model === undefined ? {} : { model: facts.model }),
    ...(facts.parameters === undefined ? {} : { parameters: facts.parameters }),
    attempt,
  });
}
