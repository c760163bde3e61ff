import type { ServerResponse } from 'node:http';
import { Breakage, type Refusal, refuse } from '../errors.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { PinnedPolicy } from '../vocabulary/decision.ts';
import type { Delivered } from '../vocabulary/delivered.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Journal } from './journal.ts';
import type { makeProxy } from './proxy/proxy.ts';
import type { makeRecord } from './record/record.ts';

export interface ExitNeeds {
  readonly proxy: ReturnType<typeof makeProxy>;
  readonly record: ReturnType<typeof makeRecord>;
  readonly pinPolicy: () => PinnedPolicy | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The ways out of the pipeline, other than straight on. Each ends in a record. */
export function makeExits({ proxy, record, pinPolicy, clock, logger }: ExitNeeds) {
  const sinceArrival = (journal: Journal) => clock.monotonic() - journal.story.arrival.startedAt;

  /**
   * A stage said no: recorded first, then told.
   * @param instead what the caller hears in place of it: the failure of the backend, where only a fallback was refused
   */
  async function stop(journal: Journal, refusal: Refusal, res: ServerResponse, policy?: PinnedPolicy, instead = refusal): Promise<void> {
    journal.refused(refusal);
    journal.recorded();
    const unwritten = await record.decided(journal.story, policy ?? pinPolicy());
    if (unwritten !== undefined) return unrecorded(journal, unwritten, res);
    const overheadMs = sinceArrival(journal);
    const delivered = proxy.tell(instead, journal.story.arrival, journal.story.decisionId, res);
    await record.delivered(journal.story, delivered, overheadMs);
  }

  /** The record could not be written: whatever was decided, nothing is forwarded and the caller is refused. */
  function unrecorded(journal: Journal, refusal: Refusal, res: ServerResponse): void {
    const { arrival, decisionId } = journal.story;
    logger.error('a decision could not be recorded; the request was refused', { decision_id: decisionId, code: refusal.code });
    proxy.tell(refusal, arrival, decisionId, res);
  }

  /** The delivery is over; where nothing has reached the caller yet, it is told why. */
  async function finish(journal: Journal, delivered: Delivered, overheadMs: number, res: ServerResponse): Promise<void> {
    const { arrival, decisionId } = journal.story;
    if (delivered.committed || delivered.outcome === 'client-aborted') return await record.delivered(journal.story, delivered, overheadMs);
    const told = proxy.tell(refuse(delivered.code ?? 'upstream.unreachable'), arrival, decisionId, res);
    await record.delivered(journal.story, { ...told, ...delivered, ...statusOf(told), bytesSent: told.bytesSent }, overheadMs);
  }

  /** Something broke: the caller gets a refusal and learns nothing else; the operator gets the error with its cause. */
  async function breakDown(journal: Journal, error: unknown, res: ServerResponse, policy?: PinnedPolicy): Promise<void> {
    const code = error instanceof Breakage ? error.code : 'gateway.error';
    const { arrival, decisionId } = journal.story;
    logger.error('a stage broke', { decision_id: decisionId, code, error });
    try {
      if (!journal.isRecorded) return await stop(journal, refuse(code), res, policy);
      const delivered = proxy.tell(refuse(code), arrival, decisionId, res);
      await record.delivered(journal.story, { ...delivered, outcome: 'gateway-error' }, sinceArrival(journal));
    } catch (second) {
      logger.error('a request could not be ended in good order', { decision_id: decisionId, error: second });
      res.destroy();
    }
  }

  /** A connection that never became a request has nobody to tell; it is recorded all the same. */
  async function broken(journal: Journal): Promise<void> {
    journal.refused(refuse('request.malformed'));
    const unwritten = await record.decided(journal.story, undefined);
    if (unwritten !== undefined) logger.error('a broken request could not be recorded', { code: unwritten.code });
  }

  return { stop, unrecorded, finish, breakDown, broken };
}

function statusOf(told: Delivered): { readonly status?: number } {
  return told.status === undefined ? {} : { status: told.status };
}
