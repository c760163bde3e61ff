import { createHash } from 'node:crypto';
import { refuse } from '../../errors.ts';
import type { AdminDoor, Knock } from './door.ts';

export interface PushDoorNeeds {
  /** Names of the bundles that come by this door. */
  readonly names: ReadonlySet<string>;
  /**
   * Puts bytes where the bundle's source looks, has them considered, and takes them back where they were refused.
   * @returns the revision that is now in force, or why it is still the one before
   */
  readonly push: (name: string, bytes: Buffer) => Promise<{ readonly revision: string } | { readonly problem: string }>;
}

const mostBytes = 64 * 1024 * 1024;

/**
 * `PUT /v1/bundles/NAME`: a bundle (tar.gz) from whoever builds it, without a server in between. It goes the way of every bundle: signature, limits, admission,
 * and only then it is in force. The policy is asked with its name, size and hash; the answer says what became of it.
 */
export function makePushDoor({ names, push }: PushDoorNeeds): AdminDoor {
  return {
    method: 'PUT',
    path: '/v1/bundles/:name',
    takesBytes: mostBytes,
    ask({ path: { name = '' }, bytes }: Knock) {
      if (!names.has(name)) return refuse('admin.not-found', { detail: 'no bundle of this name comes by push' });
      if (bytes === undefined || bytes.length === 0) return refuse('admin.malformed', { detail: 'the body is not a bundle' });
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { action: 'bundles.push', resource: { type: 'bundle', id: name }, parameters: { bytes: bytes.length, sha256 } };
    },
    async act({ path: { name = '' }, bytes }, { limits }) {
      if (Object.keys(limits).length > 0) return refuse('policy.unknown-obligation');
      if (bytes === undefined) return refuse('admin.malformed');
      const done = await push(name, bytes);
      if ('problem' in done)
        return refuse('admin.conflict', { message: `The bundle is not in force: ${done.problem}`, detail: done.problem });
      return { status: 200, json: { name, revision: done.revision } };
    },
  };
}
