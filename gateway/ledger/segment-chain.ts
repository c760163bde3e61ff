import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { FileSystemPort } from './file-system.ts';
import { findHeads } from './heads.ts';
import type { SegmentLink } from './own-lines.ts';
import { type NewSegment, openSegment, type Segment, type SegmentState } from './segment.ts';
import { nameSegment, pickSegments, type SegmentKind, timeOf } from './segment-names.ts';

export interface SegmentChainNeeds {
  readonly directory: string;
  readonly maxSegmentBytes: number;
  /** A segment older than this is ended; never, unless given. */
  readonly maxSegmentMs?: number;
  readonly files: FileSystemPort;
  readonly clock: Clock;
  /** Letters and digits, unique to the process. */
  readonly run: string;
  readonly logger: Logger;
  /** `decisions` unless given. */
  readonly kind?: SegmentKind;
  /** Further members of the next segment's header. */
  readonly header?: () => NonNullable<NewSegment['header']>;
  /** Is told of each group of lines that is on disk. */
  readonly onWritten?: (segment: string, text: string) => void;
  /** Is told what was acknowledged of a segment into which nothing more goes. */
  readonly onEnd?: (state: SegmentState) => void;
}

/** What the next header has to tell. */
export type Told = Pick<NewSegment, 'dropped' | 'buffered'>;

/** The segments of one run, one after the other; each names the end of the one before. */
export interface SegmentChain {
  /** Gives the segment that takes the next `size` bytes, opening one where it must. Throws whatever the file system throws. */
  current(size: number, told?: Told): Promise<Segment>;
  /** Gives the current segment up: after a failed write or sync nothing more goes into it, not even a retry. */
  abandon(): Promise<void>;
  /** Ends the current segment in good order. */
  finish(): Promise<void>;
  name(): string | undefined;
  /** The current segment has lasted its time. */
  isOld(): boolean;
}

export function makeSegmentChain(needs: SegmentChainNeeds): SegmentChain {
  const { directory, maxSegmentBytes, files, clock, run, logger, kind = 'decisions', header, onWritten, onEnd } = needs;
  const { maxSegmentMs = Number.POSITIVE_INFINITY } = needs;
  let segment: Segment | undefined;
  let previous: readonly SegmentLink[] | undefined;
  let opened = 0;
  let openedAtMonotonic = 0;
  /** Of the newest name in the directory: the next one sorts after it, even where the clock was set back. */
  let newest = Number.NEGATIVE_INFINITY;

  async function open(told: Told): Promise<Segment> {
    if (previous === undefined) {
      const permissions = await files.makeDirectory(directory);
      if ((permissions & 0o077) !== 0) {
        logger.warn('others than the owner can enter the directory of the decision log', { directory, mode: permissions.toString(8) });
      }
    }
    if (previous === undefined) newest = Math.max(newest, timeOf(pickSegments(await files.list(directory), kind).at(-1)));
    const links = previous ?? (await findHeads(files, directory, kind));
    for (const { segment: name, torn_bytes } of links) {
      if (torn_bytes !== undefined) logger.warn('a segment of the decision log ends in a torn line', { segment: name, torn_bytes });
    }
    opened += 1;
    const openedAt = clock.now();
    if (openedAt < newest) logger.warn('the clock was set back; the next segment keeps its place by a later name', { directory });
    newest = openedAt < newest ? newest + 1 : openedAt;
    const name = nameSegment(kind, newest, run, opened);
    const next = await openSegment(files, {
      ...{ directory, name, openedAt, previous: links, ...told },
      ...(header && { header: header() }),
      ...(onWritten && { onWritten: (text: string) => onWritten(name, text) }),
    });
    openedAtMonotonic = clock.monotonic();
    // From here on the chain continues from what this process wrote itself.
    previous = [next.end()];
    return next;
  }

  async function abandon(): Promise<void> {
    if (segment === undefined) return;
    const lost = segment;
    segment = undefined;
    previous = [{ ...lost.end(), abandoned: true }];
    onEnd?.(lost.state());
    await lost.abandon().catch((error: unknown) => logger.warn('an abandoned segment could not be closed', { segment: lost.name, error }));
  }

  async function finish(why: 'rotated' | 'closed'): Promise<void> {
    if (segment === undefined) return;
    const done = segment;
    try {
      await done.finish(why, clock.now());
      segment = undefined;
      previous = [done.end()];
      onEnd?.(done.state());
    } catch (error) {
      await abandon();
      throw error;
    }
  }

  const isOld = (): boolean => clock.monotonic() - openedAtMonotonic >= maxSegmentMs;

  return {
    async current(size, told = { dropped: 0, buffered: 0 }) {
      if (segment !== undefined && ((segment.size() + size > maxSegmentBytes && segment.end().seq > 1) || isOld())) {
        await finish('rotated').catch((error: unknown) => logger.warn('a segment could not be ended in good order', { error }));
      }
      segment ??= await open(told);
      return segment;
    },
    abandon,
    finish: () => finish('closed'),
    name: () => segment?.name,
    isOld,
  };
}
