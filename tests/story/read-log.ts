import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import type { DecidedRecord, DecisionLogEntry, DeliveredRecord } from '../../gateway/vocabulary/record.ts';

export interface WholeLog {
  readonly text: string;
  readonly entries: readonly DecisionLogEntry[];
}

const kinds = new Set(['decided', 'delivered', 'refused-summary']);

/** Reads a whole decision log with nothing of the gateway's own code. A line that is torn at the end of a segment is left out. */
export function readLog(directory: string): WholeLog {
  if (!existsSync(directory)) return { text: '', entries: [] };
  const text = readdirSync(directory)
    .filter((name) => /\.ndjson(\.zst)?$/.test(name))
    .sort()
    .map((name) => readSegment(join(directory, name)))
    .map((segment) => segment.slice(0, segment.lastIndexOf('\n') + 1))
    .join('');
  const values = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { kind: string });
  return { text, entries: values.filter(({ kind }) => kinds.has(kind)) as unknown as DecisionLogEntry[] };
}

/** A segment that has ended may lie there compressed. */
function readSegment(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes).toString();
}

export function isDecided(entry: DecisionLogEntry): entry is DecidedRecord {
  return entry.kind === 'decided';
}

export function isDelivered(entry: DecisionLogEntry): entry is DeliveredRecord {
  return entry.kind === 'delivered';
}
