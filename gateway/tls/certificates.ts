import { readFile, stat } from 'node:fs/promises';
import { Breakage } from '../errors.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { checkPair, type Pair, type TlsContext, UnusablePair } from './pair.ts';
import { makeWatchValidity, tellValidity } from './validity.ts';

export interface WatchCertificatesNeeds {
  /** Path of the PEM file: the server's certificate first, then those that lead to a root. */
  readonly certificate: string;
  /** Path of the PEM file of its private key. */
  readonly key: string;
  /** How often the files are looked at. */
  readonly intervalMs: number;
  /** Hears of each new pair; it becomes the current one only where this does not throw. */
  readonly onChange: (context: TlsContext) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface CertificateWatch {
  /** The last good pair. */
  current(): TlsContext;
  /** Looks at the files now. @returns whether a new pair was taken */
  refresh(): Promise<boolean>;
  close(): void;
}

/**
 * Reads a server's certificate and key, and takes them anew when their files change. A pair that cannot be used never replaces one that can: it
 * is logged with what to do, and looked at again when the files change again.
 *
 * The files are polled, not watched: a Kubernetes secret changes by a symbolic link far above the file, which the notifications of the file
 * system do not tell, and one `stat` for each file is nothing.
 *
 * @throws Breakage `gateway.error` where the pair at start cannot be used
 */
export async function watchCertificates(needs: WatchCertificatesNeeds): Promise<CertificateWatch> {
  const { certificate, key, intervalMs, onChange, clock, logger } = needs;
  const fields = { certificate, key };
  const watchValidity = makeWatchValidity({ clock, logger, fields });
  /** Of the files as last looked at, good or not. */
  let seen = await stampOf(needs);
  let pair = await readPair(needs).catch((cause: unknown) => {
    const why = cause instanceof UnusablePair ? cause.message : tellReading(cause);
    throw new Breakage('gateway.error', `The gateway cannot serve TLS with ${certificate} and ${key}. ${why}`, { cause });
  });
  warnOfOpenKey(pair);
  watchValidity(pair.leaf);

  let looking: Promise<boolean> | undefined;
  const refresh = (): Promise<boolean> => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  const timer = setInterval(() => void refresh(), intervalMs);
  timer.unref();
  return { current: () => pair.context, refresh, close: () => clearInterval(timer) };

  async function look(): Promise<boolean> {
    watchValidity(pair.leaf);
    const stamp = await stampOf(needs);
    if (stamp === seen) return false;
    const read = await readPair(needs).then(
      (next) => ({ next }),
      (error: unknown) => ({ error }),
    );
    // Replaced while they were read: what was read may be half old, half new. The next look sees it whole.
    if ((await stampOf(needs)) !== stamp) return false;
    seen = stamp;
    try {
      if ('error' in read) throw read.error;
      const { next } = read;
      if (next.context.cert === pair.context.cert && next.context.key === pair.context.key) return false;
      refuseWorse(next);
      onChange(next.context);
      pair = next;
    } catch (error) {
      const reason = error instanceof UnusablePair ? error.message : tellReading(error);
      logger.error('The new TLS certificate cannot be used; the gateway goes on with the one before', { ...fields, reason });
      return false;
    }
    logger.info('A new TLS certificate is in use', { ...fields, until: pair.leaf.validToDate.toISOString() });
    warnOfOpenKey(pair);
    watchValidity(pair.leaf);
    return true;
  }

  /** An old file put back by mistake must not end a service that works. */
  function refuseWorse(next: Pair): void {
    const now = clock.now();
    const validity = tellValidity(next.leaf, now);
    const worse = validity === 'expired' || validity === 'not yet valid';
    const before = tellValidity(pair.leaf, now);
    if (worse && (before === 'valid' || before === 'ending')) {
      throw new UnusablePair(`The new certificate is ${validity}, and the one in use is good. Replace it with one that is good now.`);
    }
  }

  function warnOfOpenKey({ keyMode }: PairOfFiles): void {
    // The group is left alone: Kubernetes gives a pod its secrets by group.
    if ((keyMode & 0o007) !== 0) {
      logger.warn('The TLS key can be read by every user of this machine', { key, mode: (keyMode & 0o777).toString(8) });
    }
  }
}

type Paths = Pick<WatchCertificatesNeeds, 'certificate' | 'key'>;

interface PairOfFiles extends Pair {
  readonly keyMode: number;
}

async function readPair({ certificate, key }: Paths): Promise<PairOfFiles> {
  const { mode } = await stat(key);
  return { ...checkPair(await readFile(certificate, 'utf8'), await readFile(key, 'utf8')), keyMode: mode };
}

/** What changes whenever either file is replaced, written, taken away or shut: `stat` follows links to the file behind them. */
async function stampOf({ certificate, key }: Paths): Promise<string> {
  const stamps = [certificate, key].map(async (path) => {
    try {
      const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
      return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
    } catch (error) {
      return tellReading(error);
    }
  });
  return (await Promise.all(stamps)).join('|');
}

/** Errors of the file system name the path and the reason, and nothing of the content. */
function tellReading(error: unknown): string {
  return error instanceof Error ? `${error.message}.` : 'The files cannot be read.';
}
