import type { PresentedCertificate } from './certificates.ts';
import type { Secret } from './secret.ts';

/** The API dialect that a caller speaks, and in which it is answered, errors included. */
export type Protocol = 'openai' | 'anthropic';

/** What is asked of a model, whatever the dialect (policy contract, `request.operation`). */
export type Operation = 'chat' | 'completions' | 'responses' | 'embeddings' | 'models' | 'count-tokens';

/** The other end of the connection, as the socket reports it, or a trusted proxy's PROXY protocol; never taken from a header of HTTP. */
export interface Peer {
  /** IPv4 or IPv6 text; IPv4-mapped IPv6 is unmapped. */
  readonly address: string;
  readonly port: number;
  readonly encrypted: boolean;
  /** The address is a trusted proxy's word (PROXY protocol). */
  readonly announced?: true;
}

/** What is known of any request from its first bytes, even of one that will be refused at once. */
export interface Arrival {
  /** UUID v7 of this request, made here; never the caller's. */
  readonly requestId: string;
  /** Milliseconds since the epoch, of the injected clock. */
  readonly receivedAt: number;
  /** Monotonic milliseconds, for durations only. */
  readonly startedAt: number;
  readonly method: string;
  /** The path without the query, cut to 512 characters, with control characters escaped: safe to record. */
  readonly path: string;
  readonly peer: Peer;
  /** The dialect to answer in; `openai` where nothing tells. */
  readonly protocol: Protocol;
  /** W3C trace context, where the caller sent a valid `traceparent`. */
  readonly trace?: {
    readonly traceId: string;
    readonly spanId: string /** Whether the caller keeps this trace. */;
    readonly sampled: boolean;
  };
}

/** A credential as presented, and the place where the official SDKs put it. */
export interface PresentedCredential {
  readonly place: 'authorization' | 'x-api-key';
  /** With `dpop`, the proof of the key that the token is bound to (RFC 9449 section 7.1) came beside it. */
  readonly scheme?: 'dpop';
  readonly value: Secret;
}

/** A request whose head has one reading. Its body has not been read. */
export interface Headed extends Arrival {
  readonly credentials: readonly PresentedCredential[];
  /** The `DPoP` header, where one was sent: a JWT that is good for this request only. */
  readonly dpop?: string;
  /** What came in the header of device tokens, where one is configured; not verified. */
  readonly deviceToken?: Secret;
  /** Lower-case names; each with its values in order of appearance. Credentials are already taken out. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** `Content-Length`, where one was sent. */
  readonly announcedBytes?: number;
  /** The certificate of the one who calls, where client certificates are configured and one was presented; not verified. */
  readonly certificate?: PresentedCertificate;
  /** Names of fields that speak of the caller and came from a peer whose word does not count. */
  readonly ignoredFields?: readonly string[];
}

/** A request whose head is unambiguous and names an operation on a model. */
export interface Accepted extends Headed {
  readonly operation: Operation;
  /** For `models`: the one model that is asked for, where the path names one. */
  readonly modelInPath?: string;
  /** The path below the dialect's version prefix, as sent upstream, e.g. `/chat/completions`. */
  readonly upstreamPath: string;
}
