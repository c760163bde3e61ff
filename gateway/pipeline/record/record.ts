import { Breakage, type Refusal, refuse } from '../../errors.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { PinnedPolicy } from '../../vocabulary/decision.ts';
import type { Delivered } from '../../vocabulary/delivered.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { DecidedRecord, SummaryRecord } from '../../vocabulary/record.ts';
import type { Story } from '../../vocabulary/story.ts';
import { describeDecided } from './describe-decided.ts';
import { describeDelivered } from './describe-delivered.ts';
import { makeDrop } from './drop.ts';
import { makeMask } from './mask.ts';
import type { RecordMetrics } from './record-metrics.ts';
import { makeUnknownCallers } from './unknown-callers.ts';

export interface RecordNeeds {
  readonly log: {
    /** Resolves when the entry is on disk; throws Breakage `record.unavailable` where it is not. */
    append(entry: object): Promise<void>;
    /** Takes an entry that nobody waits for. */
    enqueue(entry: object): void;
  };
  readonly clock: Clock;
  /** Put on every record. */
  readonly labels: Readonly<Record<string, string>>;
  readonly catalogueDigest: string;
  /** Refusals of callers whom nobody knows that get a line of their own, per second. */
  readonly anonymousPerSecond: number;
  readonly logger: Logger;
  readonly metrics?: RecordMetrics;
  /** Is told of every attempt that has ended; absent where no traces are kept. */
  readonly trace?: (story: Story, delivered: Delivered, timing: { readonly totalMs: number; readonly overheadMs: number }) => void;
}

export interface Recorder {
  /**
   * Records what was decided on one attempt. For a known caller it resolves when the record is on disk; a refused caller whom nobody knows does
   * not wait for the disk.
   * @returns a refusal where the record could not be made durable: then nothing may leave the gateway
   */
  decided(story: Story, policy: PinnedPolicy | undefined): Promise<Refusal | undefined>;
  /**
   * Records how it ended. Does not wait for the disk.
   * @param overheadMs what the gateway itself took before the request went out, or was refused
   */
  delivered(story: Story, delivered: Delivered, overheadMs: number): Promise<void>;
  /** Writes the count of refusals that got no line of their own. */
  flushSummary(): void;
  /** Hands all that is left to the log. Does not close the log. */
  close(): Promise<void>;
}

/** Makes the record stage: the one place where the story of a request becomes two lines. */
export function makeRecord(needs: RecordNeeds): Recorder {
  const { log, clock, labels, catalogueDigest, anonymousPerSecond, logger, metrics, trace } = needs;
  const mask = makeMask({ logger });
  const isDropped = makeDrop({ logger });
  /** Stories whose first half is kept from the sinks: the second half is, too. */
  const droppedStories = new WeakSet<Story>();
  const unknownCallers = makeUnknownCallers({ clock, labels, perSecond: anonymousPerSecond, write: summarise });

  function summarise(summary: SummaryRecord): void {
    const refused = Object.values(summary.counts).reduce((sum, count) => sum + count, 0);
    metrics?.recordSummarised(refused);
    log.enqueue(summary);
    logger.warn('callers whom nobody knows were refused', { refused, counts: summary.counts, since: summary.since });
  }

  async function decided(story: Story, policy: PinnedPolicy | undefined): Promise<Refusal | undefined> {
    const { chain, refusal, decision } = story;
    metrics?.decision(refusal?.code, decision);
    if (chain === undefined && refusal !== undefined) {
      if (!unknownCallers.admit(refusal.code)) return undefined;
      const record = describeDecided(story, { labels, catalogueDigest }, clock.now());
      log.enqueue(record);
      tell(record);
      return undefined;
    }
    const described = describeDecided(story, { labels, catalogueDigest }, clock.now());
    const record = keepFromSinks(mask(described, story, policy), isDropped(described, policy), story);
    const from = clock.monotonic();
    try {
      await log.append(record);
    } catch (error) {
      if (!(error instanceof Breakage)) throw error;
      metrics?.recordFailed();
      // Nobody waits for this line: it says, once the disk is back, that this request was refused for want of a record.
      log.enqueue({ ...record, decision: 'error', code: 'record.unavailable' });
      return refuse('record.unavailable');
    }
    metrics?.recordAppended(clock.monotonic() - from);
    tell(record);
    return undefined;
  }

  function keepFromSinks(record: DecidedRecord, dropped: boolean, story: Story): DecidedRecord {
    if (!dropped) return record;
    droppedStories.add(story);
    return { ...record, sinks: 'drop' };
  }

  async function delivered(story: Story, outcome: Delivered, overheadMs: number): Promise<void> {
    const totalMs = clock.monotonic() - story.arrival.startedAt;
    metrics?.delivered(story, outcome, { totalMs, overheadMs });
    trace?.(story, outcome, { totalMs, overheadMs });
    if (story.chain === undefined) return;
    const record = describeDelivered(story, outcome, labels, { now: clock.now(), totalMs, overheadMs });
    log.enqueue(droppedStories.has(story) ? { ...record, sinks: 'drop' } : record);
  }

  /** A readable line for whoever watches the gateway; the record itself is the log's. */
  function tell(record: DecidedRecord): void {
    const { decision, decision_id, code, request, identity, model, route, policy } = record;
    const caller = identity?.chain.find(({ kind }) => kind !== 'token')?.id;
    logger.info(decision === 'allow' ? 'allowed' : 'refused', {
      decision_id,
      ...(code !== undefined && { code }),
      ...(caller !== undefined && { originator: caller }),
      ...(request.operation !== undefined && { operation: request.operation }),
      ...(model?.requested !== undefined && { model: model.requested }),
      ...(route !== undefined && { route: `${route.backend}/${route.model}` }),
      ...(policy !== undefined && policy.reasons.length > 0 && { reasons: policy.reasons.map((reason) => reason.code).join(' ') }),
    });
  }

  return {
    decided,
    delivered,
    flushSummary: unknownCallers.flush,
    async close() {
      unknownCallers.flush();
    },
  };
}
