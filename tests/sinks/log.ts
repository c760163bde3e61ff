import type { TestContext } from 'node:test';
import { type DecisionLog, openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import { makeDirectory, makeLogKeeper } from '../ledger/log-harness.ts';
import { administrative, describe, idOf } from '../search/records.ts';

export const start = Date.UTC(2026, 2, 2);
let runs = 0;

export interface TestLog {
  readonly directory: string;
  readonly log: DecisionLog;
  /** Appends so many decisions, each with how it ended. @returns the ids of the decisions, in order */
  decide(count: number, more?: object): Promise<readonly string[]>;
  administer(action: string): Promise<string>;
  /** Ends the segment that is being written, and begins anew in the same directory. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** A real log on disk with records as the gateway writes them. */
export async function makeTestLog(t: TestContext, maxSegmentBytes = 64 * 1024 * 1024): Promise<TestLog> {
  const directory = makeDirectory(t);
  let log = await open();
  let number = 0;

  function open(): Promise<DecisionLog> {
    runs += 1;
    const at = start + runs * 1000;
    const clock = { now: () => at, monotonic: () => performance.now() };
    return openDecisionLog({ directory, maxSegmentBytes, clock, logger: makeLogKeeper(), run: `t${runs}` });
  }

  return {
    directory,
    get log() {
      return log;
    },
    async decide(count, more = {}) {
      const ids: string[] = [];
      for (let each = 0; each < count; each += 1) {
        number += 1;
        ids.push(idOf(number));
        const wanted = { at: start + number, person: 'ada', agent: 'helper', model: 'gpt-4.1', revision: 'r1' };
        const entries = describe(number, wanted).map((entry) => ({ ...entry, ...more }));
        // One after another, so that segments are ended as they fill.
        await Promise.all(entries.map((entry) => log.append(entry)));
      }
      return ids;
    },
    async administer(action) {
      number += 1;
      await log.append(administrative(number, start + number, action, 'root'));
      return idOf(number);
    },
    async reopen() {
      await log.close();
      log = await open();
    },
    close: () => log.close(),
  };
}
