/** The decision log, as configured. Paths are absolute. */
export interface RecordConfiguration {
  readonly directory: string;
  readonly maxSegmentBytes: number;
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
