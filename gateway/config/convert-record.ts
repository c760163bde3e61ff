import type {
  CheckpointConfiguration,
  CheckpointCopy,
  ContentConfiguration,
  RecordConfiguration,
} from '../vocabulary/record-configuration.ts';
import { convertSink } from './convert-sinks.ts';
import type { ConfigurationFile } from './schema.ts';

type Resolve = (path: string) => string;
type RecordFile = ConfigurationFile['record'];

/** The record's settings as the rooms see them. */
export function convertRecord(record: RecordFile, resolve: Resolve): RecordConfiguration {
  return {
    directory: resolve(record.directory),
    maxSegmentBytes: record.max_segment_mib * 1024 * 1024,
    maxSegmentMs: record.max_segment_hours * 3_600_000,
    ...(record.compression !== 'none' && { compression: record.compression }),
    ...(record.retention !== undefined && { retention: convertRetention(record.retention) }),
    reserveBytes: record.reserve_mib * 1024 * 1024,
    bufferDecisions: record.on_failure === 'buffer' ? record.buffer_decisions : 0,
    ...(record.content !== undefined && { content: convertContent(record.content, resolve) }),
    fingerprintKeyFile: resolve(record.fingerprint_key_file),
    anonymousPerSecond: record.anonymous_per_second,
    checkpoints: convertCheckpoints(record.checkpoints, resolve),
    sinks: record.sinks.map((sink) => convertSink(sink, resolve)),
  };
}

function convertRetention({ days, gib }: NonNullable<RecordFile['retention']>): NonNullable<RecordConfiguration['retention']> {
  return {
    ...(days !== undefined && { maxAgeMs: days * 86_400_000 }),
    ...(gib !== undefined && { maxBytes: Math.floor(gib * 1024 ** 3) }),
  };
}

function convertContent(content: NonNullable<RecordFile['content']>, resolve: Resolve): ContentConfiguration {
  return {
    directory: resolve(content.directory),
    keyFile: resolve(content.key_file),
    retentionDays: content.retention_days,
    maxBytes: content.max_kib * 1024,
    inFlightBytes: content.in_flight_mib * 1024 * 1024,
  };
}

function convertCheckpoints(
  { key_file, every_seconds, every_lines, copies }: RecordFile['checkpoints'],
  resolve: Resolve,
): CheckpointConfiguration {
  return {
    keyFile: resolve(key_file),
    everyMs: every_seconds * 1000,
    everyLines: every_lines,
    copies: copies.map((copy) => convertCopy(copy, resolve)),
  };
}

function convertCopy(copy: RecordFile['checkpoints']['copies'][number], resolve: Resolve): CheckpointCopy {
  if ('directory' in copy) return { to: 'directory', path: resolve(copy.directory) };
  if ('file' in copy) return { to: 'file', path: resolve(copy.file) };
  return {
    to: 'url',
    url: copy.url,
    ...(copy.token_file !== undefined && { tokenFile: resolve(copy.token_file) }),
    ...(copy.ca !== undefined && { ca: resolve(copy.ca) }),
  };
}
