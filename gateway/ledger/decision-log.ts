import { randomBytes } from 'node:crypto';
import { Breakage } from '../errors.ts';
import { scrub } from '../secret/known.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Checkpoints } from './checkpoints.ts';
import { type FileSystemPort, localFileSystem } from './file-system.ts';
import { members } from './line.ts';
import { makeLineQueue, type QueuedLine } from './line-queue.ts';
import type { SegmentLink } from './own-lines.ts';
import { makePace } from './pace.ts';
import { makeSegmentChain } from './segment-chain.ts';
import { makeSpaceGuard } from './space-guard.ts';
import { makeSpill } from './spill.ts';

export interface DecisionLogNeeds {
  /** Absolute path; made (0700) where it is missing. */
  readonly directory: string;
  /** A segment that would grow beyond this is ended and the next begun; one group of lines may be larger. */
  readonly maxSegmentBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly files?: FileSystemPort;
  /** A segment older than this is ended. */
  readonly maxSegmentMs?: number;
  /** Free bytes below which no new decision is taken, so that the ends of what is under way still fit. */
  readonly reserveBytes?: number;
  /** Decisions that may go on, at one time, without being on disk while it fails. None, unless given: then they are refused. */
  readonly bufferDecisions?: number;
  /** Signs what is on disk. */
  readonly checkpoints?: Pick<Checkpoints, 'end' | 'grew' | 'ended'>;
  readonly onStateChange?: (health: DecisionLogHealth) => void;
  /** Letters and digits, unique to this process among all that write to the directory. */
  readonly run?: string;
  /** How long lines that nobody waits for may wait for company. */
  readonly lingerMs?: number;
  /** From the beginning of one group that several wait for to the beginning of the next. */
  readonly paceMs?: number;
  /** After a failure: how long appends are refused at once before the disk is tried again. */
  readonly retryMs?: number;
  /** A write and sync that take longer than this count as failed for those who wait. */
  readonly stallMs?: number;
}

export interface DecisionLogHealth {
  readonly healthy: boolean;
  readonly state: 'open' | 'unavailable' | 'closed';
  readonly segment?: string;
  readonly queued: number;
  /** Failed opens, writes and syncs since the start. */
  readonly failures: number;
  /** Lines nobody waited for that were lost. */
  readonly dropped: number;
  /** The disk has less room than the reserve. */
  readonly low_space: boolean;
  /** Decisions that went on without being on disk, since the start, and those that still are not. */
  readonly buffered: { readonly total: number; readonly waiting: number };
  /** Strings in the shape of a secret that were taken out of lines. */
  readonly scrubbed: number;
}

/** The durable record of decisions: a directory of hash-chained, append-only segments. The format is in docs/reference/decision-log.md. */
export interface DecisionLog {
  /**
   * Resolves when the entry is on disk (written and fdatasync'ed).
   * @throws Breakage `record.unavailable` where it is not, or may not be; at once while the disk is known to fail
   */
  append(entry: object): Promise<void>;
  /** Takes an entry that nobody waits for. It is written with the next group, survives a failing disk within bounds, and else is counted. */
  enqueue(entry: object): void;
  /** Writes what is left, ends the segment, and takes nothing more. Never throws. */
  close(): Promise<void>;
  health(): DecisionLogHealth;
}

const withEnd = (end: SegmentLink | undefined) => (end === undefined ? {} : { checkpoints: end });
const isWaited = ({ waiting }: QueuedLine): boolean => waiting !== undefined;
const groupCharacters = 4 * 1024 * 1024;
const ageEveryMs = 60_000;
const roomCharacters = 32 * 1024 * 1024;

/**
 * Opens the log. A disk that cannot be written to is no reason to throw: the log is then `unavailable`, refuses appends, and tries again.
 *
 * Group commit: while one group is written and synced, the next one collects; each costs one write and one sync however many wait. Under load
 * groups follow each other no faster than `paceMs`, so that they are few and large.
 */
export async function openDecisionLog(needs: DecisionLogNeeds): Promise<DecisionLog> {
  const { directory, maxSegmentBytes, clock, logger, files = localFileSystem, onStateChange, checkpoints } = needs;
  const {
    lingerMs = 20,
    paceMs = 5,
    retryMs = 250,
    stallMs = 5000,
    maxSegmentMs = Number.POSITIVE_INFINITY,
    reserveBytes = 0,
    bufferDecisions = 0,
    run = `${process.pid.toString(36)}x${randomBytes(4).toString('hex')}`,
  } = needs;
  const chain = makeSegmentChain({
    ...{ directory, maxSegmentBytes, maxSegmentMs, files, clock, run, logger },
    ...(checkpoints && { header: () => withEnd(checkpoints.end()), onEnd: checkpoints.ended }),
  });
  const queue = makeLineQueue(roomCharacters, groupCharacters);
  const pace = makePace(paceMs, clock);
  const spill = makeSpill({ most: bufferDecisions, clock, logger });
  const space = makeSpaceGuard({ directory, files, reserveBytes, clock, logger }, () => onStateChange?.(health()));
  let state: DecisionLogHealth['state'] = 'open';
  let closing = false;
  let busy = false;
  let stalled = false;
  let drained = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let retryAt = 0;
  let failures = 0;
  let dropped = 0;
  let droppedUntold = 0;
  let bufferedUntold = 0;
  let scrubbed = 0;

  function health(): DecisionLogHealth {
    const segment = chain.name();
    const named = segment === undefined ? {} : { segment };
    const low_space = !space.enough();
    const buffered = { total: spill.total(), waiting: spill.waiting() };
    const takes = state === 'open' || (state === 'unavailable' && spill.waiting() < bufferDecisions);
    return { healthy: takes && !low_space, state, ...named, queued: queue.lines(), failures, dropped, low_space, buffered, scrubbed };
  }

  function turn(next: DecisionLogHealth['state']): void {
    if (state === next) return;
    state = next;
    onStateChange?.(health());
  }

  function drop(count: number): void {
    if (count > 0 && dropped === 0)
      logger.error('the decision log drops lines that nobody waits for; the count goes into the next segment');
    dropped += count;
    droppedUntold += count;
  }

  function fail(error: unknown, lines: readonly QueuedLine[]): void {
    failures += 1;
    retryAt = clock.monotonic() + retryMs;
    const then = bufferDecisions > 0 ? 'decisions go on without it within bounds' : 'requests are refused until it can';
    if (state === 'open') logger.error(`the decision log cannot be written; ${then}`, { directory, error });
    turn('unavailable');
    const breakage = new Breakage('record.unavailable', 'the decision log cannot be written', { cause: error });
    drop(queue.putBack([...lines, ...queue.takeWaiting()].flatMap((line) => release(line, breakage))));
  }

  /** Lets go of who waits for a line that could not be written. @returns the line, where it is to be written later */
  function release({ content, waiting }: QueuedLine, breakage: Breakage): readonly QueuedLine[] {
    const kept: QueuedLine = { content };
    if (waiting === undefined) return [kept];
    if (!letThrough(kept)) {
      waiting.reject(breakage);
      return [];
    }
    waiting.resolve();
    return [kept];
  }

  function letThrough(line: QueuedLine): boolean {
    if (!spill.admit(line)) return false;
    bufferedUntold += 1;
    return true;
  }

  /** Writes one group. Those who wait are released by the sync, by its failure, or by the deadline, whichever comes first. */
  async function commit(group: readonly QueuedLine[]): Promise<boolean> {
    let toRelease = group;
    const deadline = setTimeout(() => {
      stalled = true;
      toRelease = group.filter((line) => !isWaited(line));
      fail(new Error(`the disk has not answered for ${stallMs} ms`), group.filter(isWaited));
    }, stallMs);
    try {
      const told = { dropped: droppedUntold, buffered: bufferedUntold };
      const before = chain.name();
      const segment = await chain.current(
        group.reduce((sum, { content }) => sum + content.length, 0),
        told,
      );
      if (segment.name !== before) {
        droppedUntold -= told.dropped;
        bufferedUntold -= told.buffered;
      }
      if (group.length > 0) await segment.commit(group.map(({ content }) => content));
      checkpoints?.grew(segment.state());
    } catch (error) {
      fail(error, toRelease);
      await chain.abandon();
      return false;
    } finally {
      clearTimeout(deadline);
      stalled = false;
    }
    if (state === 'unavailable') logger.info('the decision log can be written again', { segment: chain.name() });
    spill.written(group);
    turn('open');
    for (const { waiting } of group) waiting?.resolve();
    return true;
  }

  /** Writes until nothing is left. With nothing to write it only tries whether a failing disk has recovered. */
  async function drain(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    // One turn of the event loop, so that all requests of this turn share the first write and sync.
    await new Promise<void>((resolve) => void setImmediate(resolve));
    while (queue.lines() > 0 || state === 'unavailable' || (chain.isOld() && !closing)) {
      const leftMs = closing ? 0 : pace.leftMs();
      if (leftMs > 0) await new Promise<void>((resolve) => void setTimeout(resolve, leftMs));
      const group = queue.take();
      pace.begin(group.filter(isWaited).length);
      if (await commit(group)) continue;
      if (!closing) wake(retryMs).unref();
      break;
    }
    // In the same turn as the last look at the queue, or a line that comes now would be left lying.
    busy = false;
  }

  function start(): void {
    if (busy) return;
    busy = true;
    drained = drain();
  }

  function wake(afterMs: number): NodeJS.Timeout {
    timer ??= setTimeout(start, afterMs);
    return timer;
  }

  function encode(entry: object): string {
    const { text, found } = scrub(members(entry));
    if (found > 0) {
      scrubbed += found;
      logger.error('something in the shape of a secret was taken out of a decision record', { count: found });
    }
    return text;
  }

  const refused = (why: string) => new Breakage('record.unavailable', why);

  function append(entry: object): Promise<void> {
    if (closing) return Promise.reject(refused('the decision log is closed'));
    if (!space.enough()) return Promise.reject(refused('the disk of the decision log is nearly full'));
    if (stalled || (state === 'unavailable' && clock.monotonic() < retryAt)) {
      const line = { content: encode(entry) };
      if (letThrough(line) && queue.add(line)) return Promise.resolve();
      return Promise.reject(refused('the decision log could not be written a moment ago'));
    }
    return new Promise((resolve, reject) => {
      if (queue.add({ content: encode(entry), waiting: { resolve, reject } })) start();
      else reject(refused('too many decisions wait for the disk'));
    });
  }

  function enqueue(entry: object): void {
    if (closing || !queue.add({ content: encode(entry) })) drop(1);
    else if (state === 'open' && !busy) wake(lingerMs);
  }

  async function close(): Promise<void> {
    if (closing) return;
    closing = true;
    clearTimeout(timer);
    clearInterval(aging);
    let deadline: NodeJS.Timeout | undefined;
    const tooLong = new Promise<boolean>((resolve) => {
      deadline = setTimeout(resolve, stallMs, false);
    });
    if (!(await Promise.race([writeRest(), tooLong]))) logger.error('the decision log did not close in time', { lines: queue.lines() });
    clearTimeout(deadline);
    if (dropped > 0) logger.error('lines of the decision log were lost', { dropped });
    turn('closed');
  }

  async function writeRest(): Promise<true> {
    await drained;
    start();
    await drained;
    drop(queue.lines());
    await chain
      .finish()
      .catch((error: unknown) => logger.error('the last segment of the decision log could not be ended in good order', { error }));
    return true;
  }

  // A segment into which nothing is written has to end in time as well.
  const aging = setInterval(() => void (chain.isOld() && start()), ageEveryMs).unref();
  if (!(await commit([]))) wake(retryMs).unref();
  return { append, enqueue, close, health };
}
