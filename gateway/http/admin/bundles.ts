import { refuse } from '../../errors.ts';
import type { AdminDoor } from './door.ts';

/** A combination of bundles that can be rolled back to. */
export interface KeptRevision {
  /** As stamped on decisions. */
  readonly digest: string;
  readonly revision: string;
  /** RFC 3339. */
  readonly at: string;
  readonly bundles: readonly { readonly name: string; readonly revision: string; readonly digest: string }[];
}

export interface BundleDoorsNeeds {
  readonly revisions: () => readonly KeptRevision[];
  readonly rollBack: (named: string) => Promise<KeptRevision | { readonly problem: string }>;
  readonly release: () => Promise<void>;
  readonly status: () => { readonly digest?: string; readonly pinned?: string };
}

/**
 * `GET /v1/policy/revisions`: what can be rolled back to. `POST /v1/policy/rollback {"revision"}`: hold the gateway to a kept revision.
 * `POST /v1/policy/release`: follow the sources again.
 */
export function makeBundleDoors({ revisions, rollBack, release, status }: BundleDoorsNeeds): readonly AdminDoor[] {
  return [
    {
      method: 'GET',
      path: '/v1/policy/revisions',
      ask: () => ({ action: 'bundles.read' }),
      async act(_knock, { limits }) {
        if (Object.keys(limits).length > 0) return refuse('policy.unknown-obligation');
        const { digest: active, pinned } = status();
        const kept = revisions().map(({ digest, revision, at, bundles }) => ({
          digest,
          revision,
          at,
          bundles: bundles.map((bundle) => ({ name: bundle.name, revision: bundle.revision, digest: bundle.digest })),
          active: digest === active,
          pinned: digest === pinned,
        }));
        return { status: 200, json: { revisions: kept } };
      },
    },
    {
      method: 'POST',
      path: '/v1/policy/rollback',
      ask({ body }) {
        const named = readRevision(body);
        return named === undefined
          ? refuse('admin.malformed', { detail: 'the body is not {"revision": "…"}' })
          : { action: 'bundles.rollback', resource: { type: 'revision', id: named } };
      },
      async act({ body }, { limits }) {
        if (Object.keys(limits).length > 0) return refuse('policy.unknown-obligation');
        const done = await rollBack(readRevision(body) ?? '');
        if ('problem' in done)
          return refuse('admin.conflict', { message: `The gateway was not rolled back: ${done.problem}.`, detail: done.problem });
        return { status: 200, json: { digest: done.digest, revision: done.revision } };
      },
    },
    {
      method: 'POST',
      path: '/v1/policy/release',
      ask: () => ({ action: 'bundles.release' }),
      async act(_knock, { limits }) {
        if (Object.keys(limits).length > 0) return refuse('policy.unknown-obligation');
        await release();
        return { status: 200, json: status() };
      },
    },
  ];
}

const longestName = 256;

function readRevision(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const { revision, ...rest } = body as { readonly revision?: unknown };
  if (typeof revision !== 'string' || revision === '' || revision.length > longestName || Object.keys(rest).length > 0) return undefined;
  return revision;
}
