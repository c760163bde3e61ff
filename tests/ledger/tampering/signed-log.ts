import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeCheckpoints } from '../../../gateway/ledger/checkpoints.ts';
import { makeCopier } from '../../../gateway/ledger/copier.ts';
import { coverEarlier } from '../../../gateway/ledger/cover-earlier.ts';
import { openDecisionLog } from '../../../gateway/ledger/decision-log.ts';
import { makeDeliverToDirectory } from '../../../gateway/ledger/deliver-to-disk.ts';
import { type FileSystemPort, localFileSystem } from '../../../gateway/ledger/file-system.ts';
import { makeKeyHolder } from '../../../gateway/ledger/key-holder.ts';
import { makeDirectory, makeFrozenClock, makeLogKeeper } from '../log-harness.ts';

export interface SignedLog {
  readonly directory: string;
  /** Where the checkpoints are kept as well. */
  readonly elsewhere: string;
  /** The private key; the public ones are in `<keyFile>.pub`. */
  readonly keyFile: string;
  segments(): string[];
  checkpointFiles(): string[];
}

export interface RunOptions {
  readonly run: string;
  /** Milliseconds since the epoch at which the run's clock stands. */
  readonly at: number;
  readonly lines?: number;
  readonly maxSegmentBytes?: number;
  readonly everyLines?: number;
  readonly files?: FileSystemPort;
  readonly logger?: ReturnType<typeof makeLogKeeper>;
}

export const firstDay = Date.UTC(2026, 0, 2, 3, 4, 5);
export const day = 86_400_000;

export function makePlace(t: TestContext): SignedLog {
  const root = makeDirectory(t);
  const directory = join(root, 'decisions');
  const named = (prefix: string) =>
    readdirSync(directory)
      .filter((name) => name.startsWith(prefix))
      .sort();
  return {
    directory,
    elsewhere: join(root, 'elsewhere'),
    keyFile: join(root, 'checkpoint.key'),
    segments: () => named('decisions-'),
    checkpointFiles: () => named('checkpoints-'),
  };
}

/** One run of a gateway's log, with checkpoints and a copy of them elsewhere, from its start to its end in good order. */
export async function writeRun({ directory, elsewhere, keyFile }: SignedLog, options: RunOptions): Promise<void> {
  const { run, at, lines = 30, maxSegmentBytes = 6000, everyLines = 8, files = localFileSystem, logger = makeLogKeeper() } = options;
  const clock = makeFrozenClock(at);
  const copier = makeCopier({ place: elsewhere, deliver: makeDeliverToDirectory(elsewhere), logger });
  const checkpoints = await makeCheckpoints({
    ...{ directory, files, run, clock, logger, everyMs: 60_000, everyLines },
    key: makeKeyHolder({ path: keyFile, clock, logger }),
    copy: copier.add,
  });
  const log = await openDecisionLog({ directory, maxSegmentBytes, files, clock, logger, run, lingerMs: 0, checkpoints });
  await coverEarlier({ directory, files, run, checkpoints, logger });
  for (let n = 0; n < lines; n += 1) {
    clock.push(1000);
    await log.append({ schema: 'regate.decision/1', kind: 'decided', decision_id: `${run}-${n}`, decision: 'deny', text: 'x'.repeat(200) });
  }
  await log.close();
  await checkpoints.close();
  await copier.close();
}

/** Three runs on three days, of several segments each. */
export async function writeSignedLog(t: TestContext): Promise<SignedLog> {
  const place = makePlace(t);
  for (const [index, run] of ['a', 'b', 'c'].entries()) await writeRun(place, { run, at: firstDay + index * day });
  return place;
}
