import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { FileSystemPort } from './file-system.ts';
import type { HeldKey } from './key-file.ts';
import { rootOf } from './merkle.ts';
import type { SegmentLink } from './own-lines.ts';
import type { Segment, SegmentState } from './segment.ts';
import { makeSegmentChain } from './segment-chain.ts';
import { type CheckpointReason, type Retirement, type Statement, signStatement } from './statement.ts';

export interface CheckpointNeeds {
  /** The log's own: checkpoint files stand beside the segments. */
  readonly directory: string;
  readonly files: FileSystemPort;
  /** Letters and digits, unique to the process. */
  readonly run: string;
  /** The key that signs now. Asked before each statement, so that a new key counts without a restart. */
  readonly key: () => HeldKey;
  /** Longest time that a line on disk may go without a checkpoint. */
  readonly everyMs: number;
  /** Most lines of one segment between two checkpoints. */
  readonly everyLines: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes what was written to a checkpoint file, to keep it elsewhere. */
  readonly copy?: (file: string, text: string) => void;
}

/** What the decision log tells of its growth, and the signed statements that come of it. */
export interface Checkpoints {
  /** The end of this run's checkpoint file, for the headers of segments. */
  end(): SegmentLink | undefined;
  /** Lines were written and are on disk. */
  grew(state: SegmentState): void;
  /** Nothing more goes into this segment. */
  ended(state: SegmentState): void;
  /** States what is on disk of a segment that somebody else wrote. Resolves when it is written, or put off. */
  held(state: SegmentState): Promise<void>;
  /** Resolves when the statement is on disk: only then may the segment be removed. @throws where it could not be written */
  retire(what: Pick<Retirement, 'segment' | 'size' | 'head' | 'root' | 'bytes' | 'why'>): Promise<void>;
  /** Writes what is left and ends the file. Never throws. */
  close(): Promise<void>;
}

interface Due extends SegmentState {
  readonly why: CheckpointReason;
}

/** Checkpoint files hold a line of about 700 bytes a minute; a new one is begun after about two weeks of these. */
const maxFileBytes = 16 * 1024 * 1024;

/**
 * Makes the witness of the log: it signs, from time to time, how many lines of a segment are on disk and the root of the Merkle tree over them.
 * A statement that cannot be written is put off and made anew, over what has grown since; requests never wait for one.
 */
export async function makeCheckpoints(needs: CheckpointNeeds): Promise<Checkpoints> {
  const { key, everyMs, everyLines, clock, logger, copy, ...place } = needs;
  let keyInUse: string | undefined;
  const chain = makeSegmentChain({
    ...place,
    clock,
    logger,
    kind: 'checkpoints',
    maxSegmentBytes: maxFileBytes,
    header: () => ({ keys: key().entries }),
    ...(copy && { onWritten: copy }),
  });
  /** Per segment what the last statement covered, and what the next one is to cover. */
  const covered = new Map<string, number>();
  const growing = new Map<string, SegmentState>();
  const due = new Map<string, Due>();
  let last: SegmentLink | undefined;
  let work = Promise.resolve();
  let failing = false;
  let closed = false;

  async function open(): Promise<Segment> {
    const { signing } = key();
    if (keyInUse !== undefined && keyInUse !== signing.id) await chain.finish();
    keyInUse = signing.id;
    return chain.current(0);
  }

  async function write(statement: (file: Segment) => Statement): Promise<void> {
    try {
      const file = await open();
      await file.commit([signStatement(statement(file), key().signing)]);
      last = file.end();
    } catch (error) {
      await chain.abandon();
      throw error;
    }
  }

  function turnTo(task: () => Promise<void>): Promise<void> {
    const done = work.then(task);
    work = done.catch(() => undefined);
    return done;
  }

  /** Oldest first: what a segment holds on to is covered before the segment itself. */
  async function writeDue(): Promise<void> {
    try {
      for (const [name, { segment, head, tree, why }] of due) {
        await write((file) => state(file, { segment, head, tree, why }));
        // A newer state may have come meanwhile; it stays due.
        if (due.get(name)?.tree === tree) due.delete(name);
        covered.set(segment, tree.size);
        if (why !== 'interval') forget(segment);
      }
      if (failing) logger.info('checkpoints of the decision log can be written again');
      failing = false;
    } catch (error) {
      if (!failing) logger.error('a checkpoint of the decision log cannot be written; it is tried again', { error });
      failing = true;
    }
  }

  function forget(segment: string): void {
    growing.delete(segment);
    covered.delete(segment);
  }

  function state(file: Segment, { segment, head, tree, why }: Due): Statement {
    const time = new Date(clock.now()).toISOString();
    const after = file.end().hash;
    return { kind: 'checkpoint', schema: 'regate.checkpoint/1', time, after, segment, size: tree.size, head, root: rootOf(tree), why };
  }

  function ask(why: CheckpointReason, given: SegmentState): Promise<void> {
    // Put back at the end only where it was not due yet, so that an older segment keeps its place.
    due.set(given.segment, { ...given, why });
    return turnTo(writeDue);
  }

  function tick(): void {
    for (const given of growing.values()) {
      if (given.tree.size > (covered.get(given.segment) ?? 0)) due.set(given.segment, { ...given, why: 'interval' });
    }
    if (due.size > 0) void turnTo(writeDue);
  }

  const timer = setInterval(tick, everyMs).unref();
  await turnTo(async () => {
    last = (await open()).end();
  }).catch((error: unknown) => {
    failing = true;
    logger.error('no checkpoint file can be opened; it is tried again', { error });
  });

  return {
    end: () => last,
    grew(given) {
      growing.set(given.segment, given);
      const since = given.tree.size - Math.max(covered.get(given.segment) ?? 0, due.get(given.segment)?.tree.size ?? 0);
      if (since >= everyLines && !closed) void ask('interval', given);
    },
    ended(given) {
      growing.delete(given.segment);
      if (given.tree.size > 0) void ask('ended', given);
    },
    held: (given) => ask('held', given),
    retire: (what) =>
      turnTo(() =>
        write((file) => ({
          ...{ kind: 'retirement', schema: 'regate.checkpoint/1', time: new Date(clock.now()).toISOString(), after: file.end().hash },
          ...what,
        })),
      ),
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      tick();
      await turnTo(writeDue);
      await chain.finish().catch((error: unknown) => logger.warn('a checkpoint file could not be ended in good order', { error }));
    },
  };
}
