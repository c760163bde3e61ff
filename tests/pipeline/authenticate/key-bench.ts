import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { isRefusal } from '../../../gateway/errors.ts';
import { makeVirtualKeyAuthenticator } from '../../../gateway/pipeline/authenticate/virtual-key.ts';
import { makeKeyText } from '../../../gateway/registry/key-format.ts';
import type { RingKey } from '../../../gateway/registry/key-ring.ts';
import { makePepper } from '../../../gateway/registry/pepper.ts';
import { seal } from '../../../gateway/secret.ts';
import type { VirtualKey } from '../../../gateway/vocabulary/proofs.ts';
import { freezeClock } from './clock.ts';

export const someKey: Omit<VirtualKey, 'id'> = {
  name: 'ci-bot',
  kind: 'service',
  owner: { kind: 'team', id: 'research' },
  roles: ['ci'],
  groups: ['builders'],
  scopes: ['chat'],
  claims: { cost_center: 7 },
  created_at: '2025-06-15T00:00:00.000Z',
};

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A ring of keys in memory with its authenticator. */
export function makeKeyBench(pepperText = 'a pepper') {
  const ring = new Map<string, RingKey>();
  const pepper = makePepper(Buffer.from(pepperText.padEnd(32)));
  const clock = freezeClock();
  const authenticator = makeVirtualKeyAuthenticator({ keys: { find: (id) => ring.get(id) }, pepper, clock });
  return {
    clock,
    ring,
    authenticator,
    issue(more: Partial<VirtualKey>): string {
      const { id, text } = makeKeyText(randomBytes);
      const key = { ...someKey, ...more, id };
      const expiresAt = key.expires_at === undefined ? Number.POSITIVE_INFINITY : Date.parse(key.expires_at);
      ring.set(id, { key, hash: pepper.digest(text), expiresAt });
      return text;
    },
    unknown: () => makeKeyText(randomBytes).text,
    hashOf: (text: string) => pepper.digest(text).toString('hex'),
    /** Written here a second time on purpose: a scanner outside this repository would do the same. */
    withChecksum(body: string): string {
      let rest = crc32(body);
      let sum = '';
      for (let at = 0; at < 6; at++, rest = Math.floor(rest / 62)) sum = `${digits[rest % 62]}${sum}`;
      return body + sum;
    },
    verdict(text: string): string {
      const result = authenticator(seal(text));
      if (result === undefined) return 'not mine';
      if (result instanceof Promise) throw new Error('a virtual key is answered at once');
      return isRefusal(result) ? result.code : 'accepted';
    },
  };
}
