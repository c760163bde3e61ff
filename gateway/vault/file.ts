import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { Breakage } from '../errors.ts';
import { seal } from '../secret.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { HeldCredential, Vault } from './vault.ts';
import { nameVersion } from './version.ts';

export interface FileVaultNeeds {
  /** Credential id → absolute path. */
  readonly files: ReadonlyMap<string, string>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: Logger;
}

/** No provider's key comes near this; what is larger is not a key. */
const largestBytes = 16 * 1024;
/** Milliseconds for which a look at a file counts. */
const lookMs = 100;

/**
 * Makes the vault over files, one credential a file, with at most one newline at its end.
 *
 * A fetch looks at the file, unless one has done so within the last tenth of a second: a file that was replaced by rename, as Kubernetes and the
 * usual secret agents do, counts after that time. The look is a synchronous `stat`, which under load is 8 µs of a request. A missing file is an
 * unavailable credential even where an older value is known: taking the file away is how an operator stops its use.
 */
export function makeFileVault({ files, clock, logger }: FileVaultNeeds): Vault {
  const held = new Map<string, { readonly stamp: string; readonly credential: HeldCredential; until: number }>();
  const read = (id: string, path: string): HeldCredential => {
    const known = held.get(id);
    const now = clock.monotonic();
    if (known !== undefined && now < known.until) return known.credential;
    const found = statSync(path);
    if (known !== undefined && known.stamp === stampOf(found)) {
      known.until = now + lookMs;
      return known.credential;
    }
    // A named pipe would block the open until somebody writes.
    if (!found.isFile()) throw unavailable('the credential is not in a regular file');
    const { value, stats } = readSteadily(path);
    if (value === '') throw unavailable('the file of the credential is empty');
    if ((stats.mode & 0o077) !== 0) {
      logger.warn('A credential file can be read by other users of this machine', {
        credential: id,
        mode: (stats.mode & 0o777).toString(8),
      });
    }
    const credential = { secret: seal(value), version: nameVersion(id, value), since: stats.mtimeMs };
    if (known !== undefined && known.credential.version !== credential.version) {
      logger.info('A backend credential was rotated', { credential: id, version: credential.version });
    }
    held.set(id, { stamp: stampOf(stats), credential, until: now + lookMs });
    return credential;
  };
  return {
    async fetch(id) {
      const path = files.get(id);
      if (path === undefined) throw unavailable('no file is configured for the credential');
      try {
        return read(id, path);
      } catch (cause) {
        if (cause instanceof Breakage) throw cause;
        throw unavailable('the file of the credential cannot be read', cause);
      }
    },
  };
}

/** What changes whenever the file is replaced or written: the inode, its size, and both of its times. */
function stampOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}

/** Reads a small file, and believes it only where nobody wrote to it in between. */
function readSteadily(path: string): { readonly value: string; readonly stats: Stats } {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const before = fstatSync(file);
    if (before.size > largestBytes) throw unavailable('the file of the credential is too large to be one');
    const bytes = Buffer.alloc(before.size + 1);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    const stats = fstatSync(file);
    if (length !== before.size || stampOf(stats) !== stampOf(before)) throw unavailable('the file of the credential is being written');
    return { value: bytes.toString('utf8', 0, length).replace(/\r?\n$/, ''), stats };
  } finally {
    closeSync(file);
  }
}

function unavailable(message: string, cause?: unknown): Breakage {
  return new Breakage('credential.backend-unavailable', message, cause === undefined ? {} : { cause });
}
