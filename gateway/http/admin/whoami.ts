import type { AdminDoor } from './door.ts';

/** `GET /v1/whoami`: the chain as the gateway sees it, for whoever sets a caller up. The policy is asked for `identity.read`. */
export const whoami: AdminDoor = {
  method: 'GET',
  path: '/v1/whoami',
  ask: () => ({ action: 'identity.read' }),
  async act({ petitioner: { chain, context } }) {
    return { status: 200, json: { chain: chain.chain, originator: chain.originator.id, caller: chain.caller.id, context } };
  },
};
