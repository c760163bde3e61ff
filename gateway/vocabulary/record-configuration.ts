import type { SinkConfiguration } from './sinks.ts';

/** The decision log, as configured. Paths are absolute. */
export interface RecordConfiguration {
  readonly directory: string;
  readonly maxSegmentBytes: number;
  readonly maxSegmentMs: number;
  /** Of ended segments; absent: none. */
  readonly compression?: 'zstd' | 'gzip';
  /** Of ended segments; absent: for ever. */
  readonly retention?: { readonly maxAgeMs?: number; readonly maxBytes?: number };
  /** Free space below which no new decision is taken. */
  readonly reserveBytes: number;
  /** Decisions that may go on while the log cannot be written; 0: they are refused. */
  readonly bufferDecisions: number;
  /** Key of the fingerprints of prompts. */
  readonly fingerprintKeyFile: string;
  /** Refusals of unknown callers that get a line of their own, per second; the rest is summarised. */
  readonly anonymousPerSecond: number;
  readonly checkpoints: CheckpointConfiguration;
  /** Where the record also goes. */
  readonly sinks: readonly SinkConfiguration[];
  /** Absent: a request whose content the policy wants kept is refused. */
  readonly content?: ContentConfiguration;
}

/** Where the content of requests is kept, apart from the record. */
export interface ContentConfiguration {
  readonly directory: string;
  readonly keyFile: string;
  readonly retentionDays: number;
  /** Of one piece. */
  readonly maxBytes: number;
  /** Of answers under way. */
  readonly inFlightBytes: number;
}

export interface CheckpointConfiguration {
  /** PEM of the Ed25519 key; the public keys are listed beside it. */
  readonly keyFile: string;
  readonly everyMs: number;
  readonly everyLines: number;
  readonly copies: readonly CheckpointCopy[];
}

/** Where checkpoints are kept beside the log itself. */
export type CheckpointCopy =
  | { readonly to: 'directory' | 'file'; readonly path: string }
  | { readonly to: 'url'; readonly url: string; readonly tokenFile?: string; readonly ca?: string };
