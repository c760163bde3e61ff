import { localFileSystem } from '../../gateway/ledger/file-system.ts';
import { readEntries } from '../../gateway/ledger/read-entries.ts';
import { pickSegments } from '../../gateway/ledger/segment-names.ts';
import { verifyLog } from '../../gateway/ledger/verify-log.ts';

export interface Records {
  /** Requests with a `decided` line that allows, made by the policy's own mask. */
  readonly decided: number;
  /** Requests with a `delivered` line that tells of usage. */
  readonly delivered: number;
  /** Anything else, and each fault that verification found: there must be none. */
  readonly odd: number;
}

/** What the gateway does by itself in a run. */
const ownActions: ReadonlySet<string> = new Set(['gateway.start', 'gateway.stop', 'configuration.load', 'bundles.activate']);

/** Reads a closed decision log: each request must have exactly both halves of its record, and the chain must hold. */
export async function countRecords(directory: string): Promise<Records> {
  const { problems } = await verifyLog({ directory });
  const decided = new Set<string>();
  const delivered = new Set<string>();
  let odd = problems.length;
  for (const segment of pickSegments(await localFileSystem.list(directory))) {
    for await (const { entry } of readEntries(localFileSystem, directory, segment)) {
      if (entry.kind === 'decided' && entry.decision === 'allow' && entry.mask?.by === 'policy' && !decided.has(entry.decision_id)) {
        decided.add(entry.decision_id);
      } else if (entry.kind === 'delivered' && entry.usage !== undefined && decided.has(entry.decision_id)) {
        delivered.add(entry.decision_id);
      } else if (entry.kind !== 'administrative' || entry.decision !== 'allow' || !ownActions.has(entry.action)) odd += 1;
    }
  }
  return { decided: decided.size, delivered: delivered.size, odd };
}
