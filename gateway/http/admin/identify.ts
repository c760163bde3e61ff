import type { IncomingMessage } from 'node:http';
import { isRefusal, type Refusal } from '../../errors.ts';
import type { Accept } from '../../pipeline/accept/accept.ts';
import type { makeAuthenticate } from '../../pipeline/authenticate/authenticate.ts';
import type { makeChain } from '../../pipeline/chain/chain.ts';
import type { makeContext } from '../../pipeline/collect/context/context.ts';
import type { Petitioner } from '../../vocabulary/administration.ts';
import type { Arrival } from '../../vocabulary/request.ts';

export interface IdentifyNeeds {
  readonly accept: Pick<Accept, 'arrive' | 'acceptHead'>;
  readonly authenticate: ReturnType<typeof makeAuthenticate>;
  readonly chain: ReturnType<typeof makeChain>;
  readonly contextOf: ReturnType<typeof makeContext>;
}

export type Identify = (req: IncomingMessage) => Promise<Petitioner | { readonly arrival: Arrival; readonly refusal: Refusal }>;

/**
 * Makes the way to know who stands at a door that is not a model call: by the same stages as a model call, so that nobody is somebody else there.
 * Credentials come in headers that no browser sends by itself; a cookie is none, so there is nothing for a foreign page to forge.
 */
export function makeIdentify({ accept, authenticate, chain, contextOf }: IdentifyNeeds): Identify {
  return async function identify(req) {
    const arrival = accept.arrive(req);
    const headed = accept.acceptHead(arrival, req);
    if (isRefusal(headed)) return { arrival, refusal: headed };
    const proofs = await authenticate(headed);
    if (isRefusal(proofs)) return { arrival, refusal: proofs };
    const identity = chain(proofs);
    if (isRefusal(identity)) return { arrival, refusal: identity };
    return { arrival, chain: identity, context: contextOf(headed, identity).facts };
  };
}
