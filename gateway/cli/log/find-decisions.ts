import { type FileSystemPort, localFileSystem } from '../../ledger/file-system.ts';
import { type LoggedEntry, readEntries } from '../../ledger/read-entries.ts';
import { pickSegments } from '../../ledger/segment-names.ts';
import type { AdministrativeRecord, ComparisonRecord, DecidedRecord, DeliveredRecord, SummaryRecord } from '../../vocabulary/record.ts';

export interface Wanted {
  /** A decision's or a request's id. */
  readonly id?: string;
  /** The id of any link of the chain. */
  readonly person?: string;
  /** The refusal's code, or a reason's. */
  readonly code?: string;
  readonly denied?: boolean;
}

/** A decision with its end, where that has been written; or many refusals in one. */
export interface Found {
  readonly decided?: DecidedRecord;
  readonly delivered?: DeliveredRecord;
  readonly summary?: SummaryRecord;
  readonly administrative?: AdministrativeRecord;
  /** What a candidate policy would have decided, where that is something else. */
  readonly compared?: ComparisonRecord;
  /** The lines, as they stand in the log. */
  readonly lines: readonly string[];
}

/**
 * Finds the last decisions that are wanted, oldest first. Goes through the segments from the newest, so a long history costs nothing when the
 * answer is recent; holds at most `last` decisions (0: all) and the ends that have not met theirs.
 */
export async function findDecisions(
  directory: string,
  wanted: Wanted,
  last: number,
  files: FileSystemPort = localFileSystem,
): Promise<Found[]> {
  const delivered = new Map<string, LoggedEntry>();
  const compared = new Map<string, LoggedEntry>();
  let found: Found[] = [];
  const names = pickSegments(await files.list(directory)).toReversed();
  for (const name of names) {
    const here: LoggedEntry[] = [];
    for await (const logged of readEntries(files, directory, name, wanted.id)) {
      if (logged.entry.kind === 'delivered') delivered.set(logged.entry.decision_id, logged);
      else if (logged.entry.kind === 'compared') compared.set(logged.entry.decision_id, logged);
      else if (isWanted(logged.entry, wanted)) {
        here.push(logged);
        if (last > 0 && here.length > last) here.shift();
      }
    }
    found = [...here.map((logged) => join(logged, delivered, compared)), ...found];
    if (last > 0 && found.length >= last) return found.slice(-last);
  }
  return found;
}

function join({ entry, line }: LoggedEntry, ends: ReadonlyMap<string, LoggedEntry>, others: ReadonlyMap<string, LoggedEntry>): Found {
  if (entry.kind === 'refused-summary') return { summary: entry, lines: [line] };
  if (entry.kind === 'delivered') return { delivered: entry, lines: [line] };
  if (entry.kind === 'administrative') return { administrative: entry, lines: [line] };
  if (entry.kind === 'compared') return { compared: entry, lines: [line] };
  const end = ends.get(entry.decision_id);
  const other = others.get(entry.decision_id);
  return {
    decided: entry,
    ...(end?.entry.kind === 'delivered' ? { delivered: end.entry } : {}),
    ...(other?.entry.kind === 'compared' ? { compared: other.entry } : {}),
    lines: [line, ...(other === undefined ? [] : [other.line]), ...(end === undefined ? [] : [end.line])],
  };
}

function isWanted(entry: DecidedRecord | SummaryRecord | AdministrativeRecord, { id, person, code, denied }: Wanted): boolean {
  if (entry.kind === 'refused-summary') {
    return id === undefined && person === undefined && (code === undefined || Object.hasOwn(entry.counts, code));
  }
  if (id !== undefined && entry.decision_id !== id && entry.request_id !== id) return false;
  if (person !== undefined && !entry.identity?.chain.some((link) => link.id === person)) return false;
  if (code !== undefined && entry.code !== code && !entry.policy?.reasons.some((reason) => reason.code === code)) return false;
  return !denied || entry.decision !== 'allow';
}
