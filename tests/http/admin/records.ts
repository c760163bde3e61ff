import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AdministrativeRecord } from '../../../gateway/vocabulary/record.ts';

/** The administrative records of a gateway that keeps its decisions below a directory, in order. */
export function readRecords(directory: string): readonly AdministrativeRecord[] {
  const place = join(directory, 'decisions');
  return readdirSync(place)
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .flatMap((name) => readFileSync(join(place, name), 'utf8').split('\n'))
    .filter((line) => line.includes('"administrative"'))
    .map((line) => JSON.parse(line) as AdministrativeRecord);
}
