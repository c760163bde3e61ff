import { join } from 'node:path';
import type { FileSystemPort } from '../ledger/file-system.ts';
import { readLines } from '../ledger/read-lines.ts';
import { pickSegments } from '../ledger/segment-names.ts';
import type { LogHit } from '../vocabulary/search.ts';

/** A record as it stands in the log, with its end where that has been written. */
export interface FoundRecord {
  readonly hit: LogHit;
  /** The line, as text. */
  readonly record: string;
  readonly delivered?: string;
}

/** An answer may take longer than a segment lasts; its end is looked for in so many segments after its beginning. */
const segmentsAfter = 2;

/** Reads what an index has found from the log itself: the index says where, the log says what. */
export async function readFound(files: FileSystemPort, directory: string, hits: readonly LogHit[]): Promise<readonly FoundRecord[]> {
  const records = new Map<LogHit, string>();
  const ends = new Map<string, string>();
  const open = new Map(
    hits.filter(({ kind, outcome }) => kind === 'decided' && outcome !== undefined).map((hit) => [hit.decision_id, hit]),
  );
  const names = pickSegments(await files.list(directory));
  for (const [place, name] of names.entries()) {
    const here = new Map(hits.filter(({ segment }) => segment === name).map((hit) => [hit.line, hit]));
    const near = names.slice(Math.max(0, place - segmentsAfter), place + 1);
    const wanted = [...open.values()].filter(({ segment }) => near.includes(segment));
    if (here.size === 0 && wanted.length === 0) continue;
    let line = 0;
    for await (const { lines } of readLines(files, join(directory, name))) {
      for (const bytes of lines) {
        const hit = here.get(line++);
        if (hit !== undefined) records.set(hit, bytes.toString('utf8'));
        else if (open.size > 0 && bytes.includes('"kind":"delivered"')) takeEnd(bytes);
      }
    }
  }
  return hits.flatMap((hit) => {
    const record = records.get(hit);
    const delivered = ends.get(hit.decision_id);
    return record === undefined ? [] : [{ hit, record, ...(delivered === undefined ? {} : { delivered }) }];
  });

  function takeEnd(bytes: Buffer): void {
    for (const [id] of open) {
      if (!bytes.includes(id)) continue;
      ends.set(id, bytes.toString('utf8'));
      open.delete(id);
      return;
    }
  }
}
