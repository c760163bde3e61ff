import type { Stats } from 'node:fs';
import { Breakage } from '../errors.ts';
import { makeFreshFile } from '../files/fresh-file.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { VirtualKey } from '../vocabulary/proofs.ts';
import { parseKeyDocument } from './key-document.ts';
import type { KeyRing, RingKey } from './key-ring.ts';

export interface KeyFileNeeds {
  readonly path: string;
  /** Is told how many keys there are, each time that they are read again. */
  readonly onChange?: (keys: number) => void;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: Logger;
}

/**
 * Makes a ring of the virtual keys in a file. The file is read again when it changes, so a revocation counts on a running gateway within a second
 * or so. A file that cannot be believed leaves the last good keys in force, revocations included; with no good one yet, no key is known.
 */
export function makeKeyFile({ path, onChange, clock, logger }: KeyFileNeeds): KeyRing & { refresh(): void } {
  let isFirst = true;
  function parse(text: string): ReadonlyMap<string, RingKey> {
    const ring = readRing(text);
    if (!isFirst) onChange?.(ring.size);
    isFirst = false;
    return ring;
  }
  const file = makeFreshFile({ path, what: 'The file of virtual keys', parse, inspect: refuseWritable, clock, logger });
  return { find: (id) => file.current()?.get(id), refresh: file.refresh };
}

/** Reads the text of a key document into a ring. @throws Breakage */
export function readRing(text: string): ReadonlyMap<string, RingKey> {
  return new Map(
    parseKeyDocument(text).keys.map(({ hash, ...rest }) => {
      const key: VirtualKey = Object.freeze(rest);
      const expiresAt = key.expires_at === undefined ? Number.POSITIVE_INFINITY : Date.parse(key.expires_at);
      return [key.id, { key, expiresAt, hash: Buffer.from(hash, 'hex') }];
    }),
  );
}

/** Whoever can write the file can let himself in. */
function refuseWritable(stats: Stats): void {
  if ((stats.mode & 0o002) !== 0) throw new Breakage('gateway.error', 'Every user of the machine can write the file; run chmod 600 on it.');
}
