import { refuse } from '../../errors.ts';
import { readRevocation } from '../../registry/new-key.ts';
import { type RevocationKind, type RevocationStore, revocationKinds } from '../../registry/revocation.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { AdminDoor } from './door.ts';
import { attempt } from './keys.ts';

export interface RevocationDoorsNeeds {
  readonly store: RevocationStore;
  readonly clock: Clock;
}

const isKind = (text: string | undefined): text is RevocationKind => revocationKinds.some((kind) => kind === text);

/** The doors of revocations: what is taken back, taking something back, and lifting that. What is taken back counts here with the answer. */
export function makeRevocationDoors({ store, clock }: RevocationDoorsNeeds): readonly AdminDoor[] {
  return [
    {
      method: 'GET',
      path: '/v1/revocations',
      ask: () => ({ action: 'revocations.list' }),
      act: () => attempt(async () => ({ status: 200, json: { revocations: await store.all() } })),
    },
    {
      method: 'POST',
      path: '/v1/revocations',
      ask({ body }) {
        const asked = readRevocation(body);
        if ('problem' in asked) return refuse('admin.malformed', { detail: asked.problem });
        const { kind, id, until } = asked.value;
        return { action: 'revocations.add', resource: { type: kind, id }, ...(until === undefined ? {} : { parameters: { until } }) };
      },
      act: ({ body }, { limits }) =>
        attempt(async () => {
          const asked = readRevocation(body);
          if ('problem' in asked) return refuse('admin.malformed');
          if (Object.keys(limits).length > 0) return refuse('policy.unknown-obligation');
          const revocation = { ...asked.value, at: new Date(clock.now()).toISOString() };
          await store.add(revocation);
          return { status: 201, json: revocation };
        }),
    },
    {
      method: 'DELETE',
      path: '/v1/revocations/:kind/:id',
      ask({ path }) {
        if (!isKind(path['kind'])) return refuse('admin.malformed', { detail: 'the kind is not one of those that can be revoked' });
        return { action: 'revocations.lift', resource: { type: path['kind'], id: path['id'] ?? '' } };
      },
      act: ({ path: { kind, id = '' } }, { limits }) =>
        attempt(async () => {
          if (!isKind(kind)) return refuse('admin.malformed');
          if (Object.keys(limits).length > 0) return refuse('policy.unknown-obligation');
          await store.lift(kind, id);
          return { status: 200, json: { kind, id } };
        }),
    },
  ];
}
