import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Breakage } from '../../../errors.ts';
import { type FileSystemPort, localFileSystem } from '../../../ledger/file-system.ts';
import { ownKind } from '../../../ledger/line.ts';
import { readLines } from '../../../ledger/read-lines.ts';
import { pickSegments, timeOf } from '../../../ledger/segment-names.ts';
import type { PolicyStamp } from '../../../vocabulary/decision.ts';
import type { ThreadData, ThreadReply } from './replay-thread.ts';
import { emptyTally, merge, type Tally } from './tally.ts';

export interface ReplayLogNeeds extends ThreadData {
  readonly directory: string;
  readonly threads: number;
  /** Is told, from time to time, how far it is (0 to 1) and what has been found. */
  readonly progress: (share: number, tally: Tally) => void;
  readonly files?: FileSystemPort;
}

/** Lines that go to a thread in one piece. */
const batchBytes = 512 * 1024;
const decidedMark = Buffer.from('"kind":"decided"');

/**
 * Asks every decision of a log again. One thread reads; the others, which have a machine of the candidate each, take the next lines as they become
 * free, so that all are busy however the log is cut into segments. The result is the same with one thread as with many.
 * @throws Breakage `policy.unavailable` where the gateway would not load the candidate
 */
export async function replayLog({ directory, threads, progress, files = localFileSystem, ...data }: ReplayLogNeeds) {
  const names = pickSegments(await files.list(directory));
  // One that was opened after `until` may hold earlier lines, which had to wait for the disk.
  const segments = names.filter((name) => !endsBefore(name, names, data.since));
  const team = Array.from({ length: threads }, () => startThread(data));
  try {
    const [stamp] = await Promise.all(team.map((member) => member.ready));
    if (stamp === undefined) throw new RangeError('a replay needs a thread');
    const tally = await askAll(team, readBatches(files, directory, segments), progress);
    return { stamp, tally };
  } finally {
    await Promise.all(team.map((member) => member.end()));
  }
}

async function askAll(team: readonly Thread[], batches: AsyncIterable<Batch>, progress: ReplayLogNeeds['progress']): Promise<Tally> {
  const whole = emptyTally();
  const idle = [...team];
  const busy = new Set<Promise<void>>();
  const early = new Map<number, Tally>();
  let given = 0;
  let taken = 0;

  /** Results are added in the order of the log, whichever thread is first. */
  function take(number: number, tally: Tally): void {
    early.set(number, tally);
    for (let next = early.get(taken); next !== undefined; next = early.get(taken)) {
      merge(whole, next);
      early.delete(taken);
      taken += 1;
    }
  }

  for await (const { bytes, share } of batches) {
    if (idle.length === 0) await Promise.race(busy);
    const member = idle.pop();
    if (member === undefined) throw new Error('no thread is free after one has ended');
    const number = given;
    given += 1;
    const work = member.ask(bytes).then((tally) => {
      take(number, tally);
      idle.push(member);
      busy.delete(work);
      progress(share, whole);
    });
    busy.add(work);
    // A failure is met where it is waited for.
    work.catch(() => undefined);
  }
  await Promise.all(busy);
  progress(1, whole);
  return whole;
}

interface Batch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly share: number;
}

async function* readBatches(files: FileSystemPort, directory: string, segments: readonly string[]): AsyncGenerator<Batch> {
  let lines: Buffer[] = [];
  let size = 0;
  const pack = (share: number): Batch => {
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const line of lines) {
      bytes.set(line, at);
      at += line.length;
      bytes[at] = 0x0a;
      at += 1;
    }
    lines = [];
    size = 0;
    return { bytes, share };
  };
  for (const [index, segment] of segments.entries()) {
    for await (const { lines: more } of readLines(files, join(directory, segment))) {
      for (const line of more) {
        if (ownKind(line) !== undefined || !line.includes(decidedMark)) continue;
        lines.push(line);
        size += line.length + 1;
        if (size >= batchBytes) yield pack(index / segments.length);
      }
    }
  }
  if (size > 0) yield pack(1);
}

/** What a run wrote into a segment it wrote before it opened its next one. */
function endsBefore(name: string, names: readonly string[], since: number): boolean {
  const next = names.find((other) => other > name && runOf(other) === runOf(name));
  return next !== undefined && timeOf(next) < since;
}

function runOf(name: string): string | undefined {
  return /-([0-9a-z]+)-\d+\.ndjson$/.exec(name)?.[1];
}

interface Thread {
  readonly ready: Promise<PolicyStamp>;
  ask(bytes: Uint8Array<ArrayBuffer>): Promise<Tally>;
  end(): Promise<unknown>;
}

function startThread(data: ThreadData): Thread {
  const thread = new Worker(new URL(`./replay-thread${extname(import.meta.filename)}`, import.meta.url), {
    workerData: data,
    // It needs none of the environment's secrets.
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  let settle = Promise.withResolvers<ThreadReply>();
  thread.on('message', (reply: ThreadReply) => settle.resolve(reply));
  const broke = (cause: unknown) => settle.reject(new Breakage('gateway.error', 'a thread of the replay broke off', { cause }));
  thread.once('error', broke);
  thread.once('exit', broke);

  async function first(): Promise<PolicyStamp> {
    const reply = await settle.promise;
    if ('refused' in reply) throw new Breakage('policy.unavailable', reply.refused);
    if ('ready' in reply) return reply.ready;
    throw new Breakage('gateway.error', 'a thread of the replay answered before it was asked');
  }
  const ready = first();
  ready.catch(() => undefined);

  return {
    ready,
    async ask(bytes) {
      settle = Promise.withResolvers<ThreadReply>();
      thread.postMessage(bytes, [bytes.buffer]);
      const reply = await settle.promise;
      if ('tally' in reply) return reply.tally;
      throw new Breakage('gateway.error', 'a thread of the replay gave no result');
    },
    end: () => thread.terminate(),
  };
}
