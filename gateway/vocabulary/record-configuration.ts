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
  /** Refusals of unknown callers that get a line of their own, per second; the rest is summarised. */
  readonly anonymousPerSecond: number;
  readonly checkpoints: CheckpointConfiguration;
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
