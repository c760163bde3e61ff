import { join } from 'node:path';
import type { FileSystemPort } from '../ledger/file-system.ts';
import { ownKind } from '../ledger/line.ts';
import { readLines } from '../ledger/read-lines.ts';
import { isCompressed, pickSegments } from '../ledger/segment-names.ts';
import type { DecisionLogEntry } from '../vocabulary/record.ts';
import { describeEntry } from './describe-entry.ts';
import type { LogIndex } from './log-index.ts';

export interface FollowNeeds {
  readonly index: LogIndex;
  readonly directory: string;
  readonly files: FileSystemPort;
  /** Is told after each batch, and lets others have their turn. */
  readonly progress?: (lines: number) => void | Promise<void>;
}

/** Lines that are taken into the index in one transaction. */
const batchLines = 5000;

/**
 * Brings an index up to the log: reads what is new, forgets what has been retired. A segment that has ended is not looked at again. Every batch is one
 * transaction with how far it has read, so that an interrupted run goes on where it was.
 * @returns how many lines were read
 */
export async function followLog(needs: FollowNeeds): Promise<number> {
  for (let tries = 0; ; tries++) {
    try {
      return await followOnce(needs);
    } catch (error) {
      // Another process has read the same lines meanwhile: what it has done need not be done again.
      if (!(error instanceof Overtaken) || tries >= mostTries) throw error;
    }
  }
}

class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

const mostTries = 100;

async function followOnce({ index, directory, files, progress }: FollowNeeds): Promise<number> {
  const present = await files.list(directory);
  const names = pickSegments(present);
  const gone = new Set(index.segments().filter((name) => !names.includes(name)));
  if (gone.size > 0) index.transact(() => index.forget(gone));
  let read = 0;
  for (const name of names) {
    const before = index.segment(name);
    if (before.ended) continue;
    read += await followSegment(name, before.lines, isCompressed(present, name) || hasSuccessor(names, name));
  }
  return read;

  async function followSegment(name: string, from: number, ended: boolean): Promise<number> {
    let line = 0;
    let pending: Buffer[] = [];
    let first = from;
    const flush = async (end: boolean): Promise<void> => {
      const lines = pending;
      pending = [];
      if (lines.length === 0 && !end && index.segment(name).lines === first) return;
      index.transact(() => {
        if (index.segment(name).lines !== first) throw new Overtaken(`another process reads ${name}`);
        index.mark(name, first + lines.length, end);
        for (const [place, bytes] of lines.entries()) takeLine(name, first + place, bytes);
      });
      first += lines.length;
      await progress?.(lines.length);
    };
    for await (const { lines } of readLines(files, join(directory, name))) {
      for (const bytes of lines) {
        if (line++ < from) continue;
        pending.push(bytes);
        if (pending.length >= batchLines) await flush(false);
      }
    }
    await flush(ended);
    return first - from;
  }

  function takeLine(segment: string, line: number, bytes: Buffer): void {
    if (ownKind(bytes) !== undefined) return;
    const entry = parse(bytes);
    if (entry === undefined) return;
    if (entry.kind === 'delivered') index.end(entry);
    else if (entry.kind === 'decided' || entry.kind === 'administrative') {
      const described = describeEntry(entry);
      if (described !== undefined) index.add(segment, line, described);
    }
  }
}

/** A run of the gateway writes one segment at a time: where it has begun another one, this one has ended. */
function hasSuccessor(names: readonly string[], name: string): boolean {
  const [, run, number] = /-([0-9a-z]+)-(\d+)\.ndjson$/.exec(name) ?? [];
  const next = `-${run}-${String(Number(number) + 1).padStart(4, '0')}.ndjson`;
  return names.some((each) => each.endsWith(next));
}

/** A line that is no record is for verification to speak of. */
function parse(bytes: Buffer): DecisionLogEntry | undefined {
  try {
    const entry = JSON.parse(bytes.toString('utf8')) as Partial<DecisionLogEntry> | null;
    return entry?.schema === 'regate.decision/1' ? (entry as DecisionLogEntry) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
