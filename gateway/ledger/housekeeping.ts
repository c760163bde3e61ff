import { join } from 'node:path';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Checkpoints } from './checkpoints.ts';
import { compressSegment, removeIfThere } from './compress.ts';
import { type Compression, endings } from './compressed.ts';
import { readCovered, readState } from './cover-earlier.ts';
import type { FileSystemPort } from './file-system.ts';
import { type Ended, makeFindEnded } from './find-ended.ts';
import { rootOf } from './merkle.ts';
import { pickSegments } from './segment-names.ts';

export interface HousekeepingNeeds {
  readonly directory: string;
  readonly files: FileSystemPort;
  readonly checkpoints: Pick<Checkpoints, 'retire'>;
  /** Ended segments are compressed; absent: they stay as they are. */
  readonly compression?: Compression;
  /** What may go, and when; absent: nothing ever goes. */
  readonly retention?: { readonly maxAgeMs?: number; readonly maxBytes?: number };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs?: number;
}

export interface Housekeeping {
  /** One pass, now. Never throws. */
  pass(): Promise<void>;
  /** Resolves when a pass that is under way has ended. */
  close(): Promise<void>;
}

/** Between two passes the clock may differ from the time that has passed by so much, or nothing is removed: a clock that leaps forward ages everything. */
const mostLeapMs = 3_600_000;

/**
 * Compresses and retires ended segments, in the background. Only what something later holds on to and a checkpoint covers is touched, so that nothing
 * becomes less provable; only what still is what was written is removed, so that nobody can have tampering cleared away.
 */
export function makeHousekeeping(needs: HousekeepingNeeds): Housekeeping {
  const { directory, files, checkpoints, compression, retention, clock, logger, everyMs = 60_000 } = needs;
  const findEnded = makeFindEnded(files, directory);
  let last = { now: clock.now(), monotonic: clock.monotonic() };
  let work = Promise.resolve();
  let closed = false;

  async function keep(): Promise<void> {
    if (closed) return;
    const leapt = Math.abs(clock.now() - last.now - (clock.monotonic() - last.monotonic)) > mostLeapMs;
    last = { now: clock.now(), monotonic: clock.monotonic() };
    if (leapt) {
      logger.warn('the clock has leapt; nothing of the decision log is removed until the next look', { directory });
      return;
    }
    const names = await files.list(directory);
    const due = whatIsDue(await findEnded(names, clock.now()));
    if (due.retire.length + due.compress.length === 0) return;
    const covered = await readCovered(files, directory, pickSegments(names, 'checkpoints'));
    const isCovered = ({ segment, seq }: Ended): boolean => (covered.get(segment) ?? 0) >= seq;
    for (const { each, why } of due.retire) if (isCovered(each) && !closed) await retire(each, why);
    for (const each of due.compress) if (isCovered(each) && !closed) await compress(each);
  }

  function whatIsDue(ended: readonly Ended[]) {
    const { maxAgeMs = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = retention ?? {};
    let bytes = ended.reduce((sum, each) => sum + each.bytes, 0);
    const due: { readonly retire: { each: Ended; why: 'age' | 'size' }[]; readonly compress: Ended[] } = { retire: [], compress: [] };
    for (const each of ended) {
      const why = clock.now() - each.before > maxAgeMs ? 'age' : bytes > maxBytes ? 'size' : undefined;
      if (why !== undefined) {
        bytes -= each.bytes;
        due.retire.push({ each, why });
      } else if (compression !== undefined && !each.compressed && each.closes) due.compress.push(each);
    }
    return due;
  }

  async function retire({ segment, seq, bytes }: Ended, why: 'age' | 'size'): Promise<void> {
    const state = await readState(files, directory, segment, seq);
    if (state === undefined) {
      logger.error('a segment of the decision log does not hold and is therefore not removed; run: regate log verify', { segment });
      return;
    }
    await checkpoints.retire({ segment, size: seq, head: state.head, root: rootOf(state.tree), bytes, why });
    for (const ending of ['', ...Object.values(endings)]) await removeIfThere(files, join(directory, segment + ending));
    await files.syncDirectory(directory);
    logger.info('a segment of the decision log was removed as configured; a signed record stands for it', {
      segment,
      lines: seq,
      bytes,
      why,
    });
  }

  async function compress({ segment }: Ended): Promise<void> {
    if (compression === undefined) return;
    const { before, after } = await compressSegment(files, join(directory, segment), compression);
    logger.debug('a segment of the decision log was compressed', { segment, before, after });
  }

  function pass(): Promise<void> {
    work = work
      .then(keep)
      .catch((error: unknown) => logger.error('the decision log could not be tidied up; it is tried again', { directory, error }));
    return work;
  }

  const timer = setInterval(() => void pass(), everyMs).unref();
  return {
    pass,
    close() {
      closed = true;
      clearInterval(timer);
      return work;
    },
  };
}
