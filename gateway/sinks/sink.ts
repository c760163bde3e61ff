import { setTimeout as passTime } from 'node:timers/promises';
import type { FileSystemPort } from '../ledger/file-system.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { DeliveryFailureKind, SinkConfiguration, SinkStatus } from '../vocabulary/sinks.ts';
import { openCursor } from './cursor.ts';
import { makeMeasureLag } from './measure-lag.ts';
import { readNew, type Step } from './read-new.ts';
import { DeliveryFailure, type Sender, type SinkLine } from './sender.ts';
import { makeTakeLine } from './take-line.ts';

export interface SinkNeeds {
  readonly configuration: Pick<SinkConfiguration, 'name' | 'type' | 'maxLagBytes' | 'batchLines' | 'batchBytes'>;
  readonly sender: Sender;
  /** Of the log. */
  readonly directory: string;
  readonly cursorPath: string;
  readonly files: FileSystemPort;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Between two looks at the log. */
  readonly pauseMs?: number;
  /** Rejects when the signal does. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

export interface Sink {
  status(): SinkStatus;
  /** Looks how far behind it is. The loop does so, too, whenever a delivery fails. */
  measure(): Promise<void>;
  /** Delivers what is left if the receiver is there, at most so long, and ends. Never throws. */
  close(withinMs: number): Promise<void>;
}

interface Passed {
  /** What was passed since the line before this one, up to and with this one. */
  readonly steps: readonly Step[];
  readonly line: SinkLine;
}

const firstRetryMs = 500;
const longestRetryMs = 60_000;
const longestRetryAfterMs = 600_000;
/** Lines in a row that a receiver may refuse for what they are before it is the receiver that is doubted. */
const mostRefused = 16;

/**
 * Makes one sink: a loop of its own that follows the log on disk, sends lines in batches and in order, and moves its cursor past them only when the
 * receiver has confirmed them. The log is its queue, so a crash loses nothing, and nobody who writes to the log waits for it. At least once: what was
 * sent when the confirmation was lost is sent again.
 */
export async function makeSink(needs: SinkNeeds): Promise<Sink> {
  const { configuration, sender, directory, files, clock, logger, random, pauseMs = 500, wait = waitMs } = needs;
  const { name, type, maxLagBytes, batchLines, batchBytes } = configuration;
  const cursor = await openCursor({ files, path: needs.cursorPath, logger });
  const measureLag = makeMeasureLag({ files, directory, cursor });
  const takeLine = makeTakeLine({ sink: name, reads: sender.reads, logger });
  const stopping = new AbortController();
  const abandoning = new AbortController();
  const failures: Partial<Record<DeliveryFailureKind, number>> = {};
  let failing: DeliveryFailureKind | undefined;
  let failedInRow = 0;
  let oldest: number | undefined;
  let lagBytes = 0;
  let delivered = 0;
  let givenUp = 0;
  let removed = 0;

  async function measure(): Promise<void> {
    const { bytes, gone } = await measureLag();
    lagBytes = bytes;
    if (gone.length === 0) return;
    removed += gone.length;
    logger.error('retention removed segments of the decision log before a sink had delivered them', { sink: name, segments: gone });
  }

  /** One way through what is there. @returns whether there may be more to do at once */
  async function pass(): Promise<boolean> {
    let batch: Passed[] = [];
    let size = 0;
    let steps: Step[] = [];
    for await (const step of readNew({ files, directory, cursor })) {
      steps.push(step);
      const line = step.line === undefined ? undefined : takeLine(step.segment, step.place.lines, step.line);
      if (line === undefined) continue;
      if (batch.length > 0 && (batch.length >= batchLines || size + line.bytes.length > batchBytes)) {
        if (!(await deliver(batch))) return true;
        batch = [];
        size = 0;
      }
      batch.push({ steps, line });
      steps = [];
      size += line.bytes.length;
    }
    if (batch.length > 0 && !(await deliver(batch))) return true;
    // What is left to pass is nothing to deliver.
    if (steps.length > 0) await commit(steps);
    oldest = undefined;
    return false;
  }

  /** @returns false where the way has to be begun anew: lines were given up, or it is the end */
  async function deliver(batch: readonly Passed[]): Promise<boolean> {
    let todo = batch;
    let part = todo.length;
    while (todo.length > 0) {
      oldest = takeLine.timeOf(todo[0]?.line) ?? clock.now();
      const failure = await attempt(todo.slice(0, part));
      if (failure === undefined) {
        todo = todo.slice(part);
        part = Math.min(part * 2, todo.length);
      } else if (isOfContent(failure) && part > 1) part = Math.ceil(part / 2);
      else {
        const passed = isOfContent(failure) ? await passRefused(todo, failure) : 0;
        if (passed > 0) {
          todo = todo.slice(passed);
          part = todo.length;
          continue;
        }
        await backOff(failure);
        return false;
      }
    }
    return true;
  }

  /**
   * The first line was refused for what it is. Where a later one is taken, it is the lines that the receiver will never take; else it may be the
   * receiver, and nothing is given up.
   * @returns how many lines are dealt with
   */
  async function passRefused(todo: readonly Passed[], failure: DeliveryFailure): Promise<number> {
    const refused: Passed[] = todo.slice(0, 1);
    for (const each of todo.slice(1, 1 + mostRefused)) {
      const again = await attempt([each]);
      if (again === undefined) {
        for (const { line, steps } of refused) {
          giveUpLine(line, failure);
          await commit(steps);
        }
        return refused.length + 1;
      }
      if (!isOfContent(again)) return 0;
      refused.push(each);
    }
    return 0;
  }

  async function attempt(batch: readonly Passed[]): Promise<DeliveryFailure | undefined> {
    try {
      await sender.send(
        batch.map(({ line }) => line),
        abandoning.signal,
      );
    } catch (error) {
      if (!(error instanceof DeliveryFailure)) throw error;
      return error;
    }
    delivered += batch.length;
    if (failing !== undefined) logger.info('a sink of the decision log delivers again', { sink: name });
    failing = undefined;
    failedInRow = 0;
    await commit(batch.flatMap(({ steps }) => steps));
    return undefined;
  }

  async function commit(steps: readonly Step[]): Promise<void> {
    for (const { segment, place } of steps) cursor.move(segment, place);
    await cursor.save();
  }

  function giveUpLine({ segment, number, entry }: SinkLine, { kind, message }: DeliveryFailure): void {
    givenUp += 1;
    const decision_id = entry !== undefined && 'decision_id' in entry ? entry.decision_id : undefined;
    logger.error('a sink does not take a line of the decision log, and takes the next one; the line is given up', {
      ...{ sink: name, segment, line: number, kind, reason: message },
      ...(decision_id !== undefined && { decision_id }),
    });
  }

  function note(kind: DeliveryFailureKind, error: unknown): void {
    failures[kind] = (failures[kind] ?? 0) + 1;
    if (failing !== kind) logger.error('a sink of the decision log does not deliver; it is tried again', { sink: name, kind, error });
    failing = kind;
    failedInRow += 1;
  }

  async function backOff(failure: DeliveryFailure): Promise<void> {
    note(failure.kind, failure);
    await keepBound();
    const doubled = Math.min(firstRetryMs * 2 ** Math.min(failedInRow - 1, 30), longestRetryMs);
    const asked = Math.min(failure.retryAfterMs ?? 0, longestRetryAfterMs);
    // Half of it by chance, so that many gateways do not come back all at once.
    if (!stopping.signal.aborted) await pause(Math.max(asked, doubled * (0.5 + random() / 2)));
  }

  /** Gives up the oldest lines beyond the bound. */
  async function keepBound(): Promise<void> {
    await measure();
    const excess = lagBytes - maxLagBytes;
    if (excess <= 0) return;
    let passed = 0;
    let lines = 0;
    let last: Step | undefined;
    for await (const step of readNew({ files, directory, cursor })) {
      if (passed >= excess) break;
      passed += step.place.bytes - cursor.place(step.segment).bytes;
      cursor.move(step.segment, step.place);
      if (step.line !== undefined) lines += 1;
      last = step;
    }
    await cursor.save();
    givenUp += lines;
    lagBytes -= passed;
    logger.error('a sink is further behind than record.sinks allows; the oldest lines are given up and stand in the local log only', {
      ...{ sink: name, lines, bytes: passed, up_to: last?.segment, line: last?.place.lines },
    });
  }

  async function pause(ms: number): Promise<void> {
    try {
      await wait(ms, stopping.signal);
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
    }
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await measure();
        if (await pass()) continue;
        await pause(pauseMs);
      } catch (error) {
        // The log cannot be read, or the cursor not be written: as passing as a receiver that is away.
        note('local', error);
        await pause(longestRetryMs / 4);
      }
    }
  }

  const working = work();
  return {
    status: () => ({
      ...{ type, ...(failing !== undefined && { failing }), lag_bytes: lagBytes },
      lag_seconds: oldest === undefined ? 0 : Math.max(0, Math.round((clock.now() - oldest) / 1000)),
      ...{ delivered_lines: delivered, withheld_lines: takeLine.withheld(), given_up_lines: givenUp + takeLine.unreadable() },
      ...{ removed_segments: removed, failures: { ...failures } },
    }),
    measure,
    async close(withinMs) {
      stopping.abort();
      const timer = setTimeout(() => abandoning.abort(), withinMs);
      try {
        await working;
        if (failing === undefined) await pass();
      } catch (error) {
        note('local', error);
      } finally {
        clearTimeout(timer);
        await sender.close();
      }
    },
  };
}

const isOfContent = ({ kind }: DeliveryFailure): boolean => kind === 'too-large' || kind === 'rejected';

function waitMs(ms: number, signal: AbortSignal): Promise<unknown> {
  return passTime(ms, undefined, { signal, ref: false });
}
