import type { RequestBody } from './body.ts';

/**
 * What a policy may weigh, in the form in which it reads it (policy contract). A fact that the gateway does not know is absent: never empty,
 * never false.
 */
export type Evidence = 'attested' | 'asserted';

export interface DeviceFact {
  readonly id?: string;
  readonly managed?: boolean;
  readonly os?: string;
  /** attested: proved by a certificate or a signed token. asserted: said by a trusted proxy. */
  readonly evidence: Evidence;
}

export interface LocationFact {
  readonly ip: string;
  /** The name of the first configured network that holds the address. */
  readonly network?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  /** Who says so: a header of a trusted proxy, or the operator's own table of addresses. */
  readonly country_source?: 'trusted-proxy' | 'mmdb';
  readonly asn?: number;
  readonly asn_source?: 'trusted-proxy' | 'mmdb';
  readonly evidence: 'peer' | 'trusted-proxy';
}

export interface SessionFact {
  readonly id: string;
  readonly age_seconds?: number;
  readonly mfa?: boolean;
}

export interface TimeFact {
  /** `monday` … `sunday`, in `zone`. */
  readonly weekday: string;
  /** 0–23, in `zone`. */
  readonly hour: number;
  /** IANA name, from the configuration. */
  readonly zone: string;
}

export interface ContextFacts {
  readonly device?: DeviceFact;
  readonly location?: LocationFact;
  readonly session?: SessionFact;
  readonly time: TimeFact;
}

export interface Candidate {
  readonly model: string;
  readonly backend?: string;
}

export interface ModelFacts {
  /** As the caller wrote it. */
  readonly requested: string;
  /** The catalogue's model id, aliases expanded. */
  readonly resolved: string;
  /** Everything that this request could reach. */
  readonly candidates: readonly Candidate[];
}

export interface ToolFact {
  /** `function`, `custom`, or the provider's own tool type (`web_search`, `mcp`, …). */
  readonly type: string;
  readonly name?: string;
}

export interface EgressFact {
  /** What makes the provider itself reach out, e.g. `mcp`, `web_search`, `connector`. */
  readonly type: string;
  /** Host of the URL that it names, where it names one; never the URL's path, query or credentials. */
  readonly host?: string;
}

export interface ParameterFacts {
  /** From max_tokens / max_completion_tokens / max_output_tokens; with several, the largest. */
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly n?: number;
  readonly tools?: readonly ToolFact[];
  readonly provider_egress?: readonly EgressFact[];
  readonly store?: boolean;
  readonly background?: boolean;
  readonly service_tier?: string;
  readonly response_format?: string;
  readonly message_count?: number;
  readonly estimated_input_tokens?: number;
  /** Names of top-level fields that the gateway does not know, sorted. */
  readonly other: readonly string[];
}

export interface Facts {
  readonly context: ContextFacts;
  /** Absent only for operations that name no model (`models`). */
  readonly model?: ModelFacts;
  readonly parameters?: ParameterFacts;
  readonly stream: boolean;
  readonly sizeBytes: number;
  /** Absent for operations without a body. */
  readonly body?: RequestBody;
  /** Keyed hash of the body, for the record. */
  readonly fingerprint?: string;
  /** Names of context headers that came from a peer who is not a trusted proxy; they were ignored. */
  readonly ignoredHeaders: readonly string[];
}
