import { refuse } from '../../errors.ts';
import type { AdminDoor } from './door.ts';

export interface CandidateDoorsNeeds {
  readonly status: () => object;
  readonly refresh: () => Promise<void>;
  readonly promote: () => Promise<{ readonly revision: string; readonly digest: string } | { readonly problem: string }>;
}

/** `GET /v1/policy/candidate`: how the trial goes. `POST /v1/policy/promote`: put the candidate in force. Without a trial both say so. */
export function makeCandidateDoors(candidate: CandidateDoorsNeeds | undefined): readonly AdminDoor[] {
  return [
    {
      method: 'GET',
      path: '/v1/policy/candidate',
      ask: () => ({ action: 'candidate.read' }),
      async act(_knock, { limits }) {
        if (Object.keys(limits).length > 0) return refuse('policy.unknown-obligation');
        return candidate === undefined ? none() : { status: 200, json: candidate.status() };
      },
    },
    {
      method: 'POST',
      path: '/v1/policy/promote',
      ask: () => ({ action: 'candidate.promote' }),
      async act(_knock, { limits }) {
        if (Object.keys(limits).length > 0) return refuse('policy.unknown-obligation');
        if (candidate === undefined) return none();
        await candidate.refresh();
        const done = await candidate.promote();
        if ('problem' in done)
          return refuse('admin.conflict', { message: `The candidate was not promoted: ${done.problem}.`, detail: done.problem });
        return { status: 200, json: done };
      },
    },
  ];
}

const none = () => refuse('admin.conflict', { message: 'No policy is on trial: the configuration has no policy.candidate.' });
