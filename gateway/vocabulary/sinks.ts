import type { CredentialSource } from './configuration.ts';

/** How a line is written for those who read it. `regate` is the line of the log, byte for byte. */
export type SinkFormat = 'regate' | 'ecs' | 'ocsf';

/** What every sink has. */
export interface SinkBase {
  /** Also the name of the file that says how far it is. */
  readonly name: string;
  /** Undelivered bytes of the log beyond which the oldest lines are given up. */
  readonly maxLagBytes: number;
  /** Most lines of one delivery. */
  readonly batchLines: number;
  /** Most bytes of lines in one delivery, where it is more than one line. */
  readonly batchBytes: number;
  /** How long one delivery may take. */
  readonly timeoutMs: number;
}

/** A receiver that is spoken to over HTTP. */
export interface HttpPlace {
  readonly url: string;
  /** Sent as a bearer token. */
  readonly token?: CredentialSource;
  /** PEM file of additional roots; an absolute path. */
  readonly ca?: string;
}

export type WebhookSink = SinkBase & HttpPlace & { readonly type: 'webhook'; readonly gzip: boolean; readonly format: SinkFormat };
export type OpaSink = SinkBase & HttpPlace & { readonly type: 'opa'; readonly maxUploadBytes: number };

export type OtlpSink = SinkBase & HttpPlace & { readonly type: 'otlp' };

export type SyslogSink = SinkBase & {
  readonly type: 'syslog';
  readonly host: string;
  readonly port: number;
  readonly ca?: string;
  /** PEM files of the certificate that the sink presents. */
  readonly certificate?: string;
  readonly key?: string;
  readonly format: SinkFormat;
};

export type PostgresSink = SinkBase & {
  readonly type: 'postgres';
  /** Where `postgresql://…` comes from. */
  readonly url: CredentialSource;
  readonly ca?: string;
  readonly table: string;
};

/** Where the record goes beside the local log, as configured. */
export type SinkConfiguration = WebhookSink | OpaSink | OtlpSink | SyslogSink | PostgresSink;

/** Why a delivery failed, by what an operator would do about it. */
export type DeliveryFailureKind =
  | 'unreachable'
  | 'untrusted'
  | 'timeout'
  | 'broke-off'
  | 'unauthorized'
  | 'throttled'
  | 'failed'
  | 'misdirected'
  | 'too-large'
  | 'rejected'
  | 'no-credential'
  | 'no-client'
  | 'local';

/** How one sink fares. */
export interface SinkStatus {
  readonly type: SinkConfiguration['type'];
  /** Why nothing arrives at present; absent where it does. */
  readonly failing?: DeliveryFailureKind;
  /** Bytes of the log that are on disk and not yet delivered. */
  readonly lag_bytes: number;
  /** Age of the oldest line that is waiting; 0 where none is. */
  readonly lag_seconds: number;
  readonly delivered_lines: number;
  /** Lines that the policy keeps from sinks (`system.log.drop`). */
  readonly withheld_lines: number;
  /** Lines beyond the bound, or that the receiver never takes: they stand in the local log only. */
  readonly given_up_lines: number;
  /** Segments that retention removed before they were delivered. */
  readonly removed_segments: number;
  readonly failures: Readonly<Partial<Record<DeliveryFailureKind, number>>>;
}
