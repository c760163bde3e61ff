import type { AdminDoor } from './door.ts';

export interface PolicyStatusNeeds {
  readonly status: () => object;
  /** Looks for a new revision now. */
  readonly refresh: () => Promise<void>;
}

/** `GET /v1/policy`: which revision is active and what became of the newest. `POST /v1/policy/refresh`: look for a new one now. */
export function makePolicyStatus({ status, refresh }: PolicyStatusNeeds): readonly AdminDoor[] {
  return [
    {
      method: 'GET',
      path: '/v1/policy',
      ask: () => ({ action: 'policy.read' }),
      act: async () => ({ status: 200, json: status() }),
    },
    {
      method: 'POST',
      path: '/v1/policy/refresh',
      ask: () => ({ action: 'policy.refresh' }),
      async act() {
        await refresh();
        return { status: 200, json: status() };
      },
    },
  ];
}
