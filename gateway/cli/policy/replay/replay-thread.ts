import { parentPort, workerData } from 'node:worker_threads';
import { admitBundles } from '../../../engine/admit.ts';
import { emptyCatalogue } from '../../../engine/catalogue-data.ts';
import type { CandidateBundle } from '../../../engine/prepare.ts';
import { Breakage } from '../../../errors.ts';
import { systemClock } from '../../../observe/clock.ts';
import { makeConsult } from '../../../pipeline/decide/consult.ts';
import { readAnswer } from '../../../pipeline/decide/read-answer.ts';
import type { Catalogue } from '../../../vocabulary/catalogue.ts';
import type { PolicyStamp } from '../../../vocabulary/decision.ts';
import type { DecidedRecord } from '../../../vocabulary/record.ts';
import { replayRecord } from './replay-record.ts';
import { count, emptyTally, type Tally } from './tally.ts';

export interface ThreadData {
  readonly bundles: readonly CandidateBundle[];
  /** Policies see no backends where there is none. */
  readonly catalogue: Catalogue | undefined;
  readonly maxMemoryBytes: number;
  readonly maxEvaluationMs: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
}

export type ThreadReply = { readonly ready: PolicyStamp } | { readonly refused: string } | { readonly tally: Tally };

// The body of a thread that asks recorded decisions again: lines of the log come in, what came of them goes out.
const { bundles, catalogue, maxMemoryBytes, maxEvaluationMs, since, until } = workerData as ThreadData;
const silent = { error: ignore, warn: ignore, info: ignore, debug: ignore };
const consult = makeConsult(catalogue);
const reply = (message: ThreadReply) => parentPort?.postMessage(message);

/** A candidate that fails on a request is told by the report. */
function ignore(): void {}

function parse(line: string): DecidedRecord | undefined {
  try {
    const entry = JSON.parse(line) as Partial<DecidedRecord> | null;
    return entry?.schema === 'regate.decision/1' && entry.kind === 'decided' ? (entry as DecidedRecord) : undefined;
  } catch (error) {
    // Whether a line is what was written is for `regate log verify` to say.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

try {
  const { policy } = await admitBundles(bundles, {
    ...{ catalogue: catalogue ?? emptyCatalogue, maxMemoryBytes, maxEvaluationMs },
    clock: systemClock,
    logger: silent,
    checkAnswer: readAnswer,
  });
  parentPort?.on('message', (bytes: Uint8Array) => {
    const tally = emptyTally();
    for (const line of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8').split('\n')) {
      const record = parse(line);
      if (record === undefined) continue;
      const at = Date.parse(record.timestamp);
      if (at < since || at >= until) continue;
      if (catalogue !== undefined && record.catalogue !== undefined && record.catalogue !== catalogue.digest) tally.other_catalogue += 1;
      count(tally, record.timestamp, replayRecord(record, policy, consult));
    }
    reply({ tally });
  });
  reply({ ready: policy.stamp });
} catch (cause) {
  if (!(cause instanceof Breakage)) throw cause;
  reply({ refused: cause.message });
}
