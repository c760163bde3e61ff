import { randomBytes } from 'node:crypto';
import { type Checkpoints, makeCheckpoints } from '../ledger/checkpoints.ts';
import { type Copier, makeCopier } from '../ledger/copier.ts';
import { coverEarlier } from '../ledger/cover-earlier.ts';
import { type DecisionLog, type DecisionLogHealth, openDecisionLog } from '../ledger/decision-log.ts';
import { makeDeliverToDirectory, makeDeliverToFile } from '../ledger/deliver-to-disk.ts';
import { makeDeliverToUrl } from '../ledger/deliver-to-url.ts';
import { type FileSystemPort, localFileSystem } from '../ledger/file-system.ts';
import { type Housekeeping, makeHousekeeping } from '../ledger/housekeeping.ts';
import { makeKeyHolder } from '../ledger/key-holder.ts';
import { within } from '../lifecycle/within.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { CheckpointCopy, RecordConfiguration } from '../vocabulary/record-configuration.ts';

export interface LedgerNeeds {
  readonly configuration: RecordConfiguration;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onStateChange: (health: DecisionLogHealth) => void;
  readonly files?: FileSystemPort;
}

/**
 * Composes the decision log with what watches over it: signed checkpoints, their copies elsewhere, and what earlier runs left without any.
 * @throws Breakage where the key for checkpoints cannot be used as it lies there
 */
export async function openLedger(needs: LedgerNeeds): Promise<DecisionLog> {
  const { configuration, clock, logger, onStateChange, files = localFileSystem } = needs;
  const { directory, compression, retention } = configuration;
  const { keyFile, everyMs, everyLines, copies } = configuration.checkpoints;
  const run = `${process.pid.toString(36)}x${randomBytes(4).toString('hex')}`;
  const copiers = copies.map((copy) => openCopier(copy, logger));
  const place = { directory, files, run, clock, logger };
  const checkpoints = await makeCheckpoints({
    ...{ ...place, everyMs, everyLines, key: makeKeyHolder({ path: keyFile, clock, logger }) },
    copy: (file, text) => {
      for (const copier of copiers) copier.add(file, text);
    },
  });
  const { maxSegmentBytes, maxSegmentMs, reserveBytes, bufferDecisions } = configuration;
  const log = await openDecisionLog({
    ...{ ...place, maxSegmentBytes, maxSegmentMs, reserveBytes, bufferDecisions, onStateChange, checkpoints },
  });
  const housekeeping = makeHousekeeping({
    ...{ ...place, checkpoints },
    ...(compression !== undefined && { compression }),
    ...(retention !== undefined && { retention }),
  });
  const covering = coverEarlier({ ...place, checkpoints }).catch((error: unknown) =>
    logger.error('earlier segments of the decision log could not be read for a checkpoint', { error }),
  );
  return { ...log, close: () => closeAll({ log, covering, housekeeping, checkpoints, copiers }) };
}

/** How long the last checkpoint and its copies may take. What does not make it is made at the next start. */
const lastCheckpointMs = 5000;

interface Parts {
  readonly log: DecisionLog;
  readonly covering: Promise<void>;
  readonly housekeeping: Housekeeping;
  readonly checkpoints: Checkpoints;
  readonly copiers: readonly Copier[];
}

async function closeAll({ log, covering, housekeeping, checkpoints, copiers }: Parts): Promise<void> {
  await log.close();
  const rest = async (): Promise<void> => {
    await covering;
    await housekeeping.close();
    await checkpoints.close();
    await Promise.all(copiers.map((copier) => copier.close()));
  };
  await within(rest(), lastCheckpointMs);
}

function openCopier(copy: CheckpointCopy, logger: Logger): Copier {
  switch (copy.to) {
    case 'directory':
      return makeCopier({ place: copy.path, deliver: makeDeliverToDirectory(copy.path), logger });
    case 'file':
      return makeCopier({ place: copy.path, deliver: makeDeliverToFile(copy.path), logger });
    case 'url':
      return makeCopier({ place: new URL(copy.url).origin, deliver: makeDeliverToUrl(copy), logger });
  }
}
