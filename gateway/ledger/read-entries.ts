import { join } from 'node:path';
import type { DecisionLogEntry } from '../vocabulary/record.ts';
import type { FileSystemPort } from './file-system.ts';
import { ownKind } from './line.ts';
import { readLines } from './read-lines.ts';

/** An entry with the line it was read from. */
export interface LoggedEntry {
  readonly entry: DecisionLogEntry;
  readonly line: string;
}

/**
 * Reads the entries of one segment in order, one batch of lines in memory at a time. The log's own lines are left out, and so is what is no entry:
 * whether a line is what was written is for verification to say.
 * @param mentions only lines that hold this text are looked at; a quick first sieve
 */
export async function* readEntries(files: FileSystemPort, directory: string, segment: string, mentions = ''): AsyncGenerator<LoggedEntry> {
  for await (const { lines } of readLines(files, join(directory, segment))) {
    for (const bytes of lines) {
      if (ownKind(bytes) !== undefined || (mentions !== '' && !bytes.includes(mentions))) continue;
      const line = bytes.toString('utf8');
      const entry = parse(line);
      if (entry !== undefined) yield { entry, line };
    }
  }
}

function parse(line: string): DecisionLogEntry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<DecisionLogEntry> | null;
    return entry?.schema === 'regate.decision/1' ? (entry as DecisionLogEntry) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
