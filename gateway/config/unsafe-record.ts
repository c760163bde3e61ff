import { join } from 'node:path';
import type { RecordConfiguration } from '../vocabulary/record-configuration.ts';
import { isLoopback } from './loopback.ts';
import type { Report } from './problem.ts';
import { checkSinks } from './unsafe-sinks.ts';

/** What would make the record less than it promises. */
export function checkRecord(
  { directory, checkpoints, retention, maxSegmentMs, content, fingerprintKeyFile, sinks }: RecordConfiguration,
  report: Report,
): void {
  const { keyFile, copies } = checkpoints;
  const at = ['record', 'checkpoints'];
  checkSinks(sinks, report);
  if (retention?.maxAgeMs !== undefined && retention.maxAgeMs < maxSegmentMs) {
    report(['record', 'retention', 'days'], 'is shorter than a file lasts (max_segment_hours), so files would go as soon as they end');
  }
  if (content !== undefined) {
    if (isWithin(directory, content.directory)) {
      report(['record', 'content', 'directory'], 'content has readers and a life of its own; keep it outside of record.directory');
    }
    if (isWithin(directory, content.keyFile) || isWithin(content.directory, content.keyFile)) {
      report(['record', 'content', 'key_file'], 'a key beside what it locks is copied with it; keep it elsewhere');
    }
  }
  if (isWithin(directory, fingerprintKeyFile)) {
    report(
      ['record', 'fingerprint_key_file'],
      'beside the log it lets every reader test guesses of prompts; keep it outside of record.directory',
    );
  }
  if (isWithin(directory, keyFile)) {
    report([...at, 'key_file'], 'whoever can write to the log could sign for it, too; keep the key outside of record.directory');
  }
  for (const [index, copy] of copies.entries()) {
    if (copy.to !== 'url') {
      if (isWithin(directory, copy.path)) {
        report([...at, 'copies', index], 'a copy inside record.directory is cut off with the log; keep it elsewhere');
      }
      continue;
    }
    const { protocol, hostname, username, password } = new URL(copy.url);
    if (username !== '' || password !== '')
      report([...at, 'copies', index, 'url'], 'a URL must hold no user name or password; use token_file');
    if (protocol === 'http:' && !isLoopback(hostname)) {
      report([...at, 'copies', index, 'url'], 'checkpoints sent over plain http can be held back or replaced on the way; use https');
    }
  }
}

function isWithin(directory: string, path: string): boolean {
  return path === directory || path.startsWith(join(directory, '/'));
}
