import type { CredentialSource } from './configuration.ts';

/** Where traces go, and which of them. */
export interface TraceConfiguration {
  /** Of an OTLP/HTTP receiver, up to and including `/v1/traces`. */
  readonly url: string;
  /** Name of a header → where its value comes from. */
  readonly headers: Readonly<Record<string, CredentialSource>>;
  /** Share of the traces that begin here which are kept, 0 to 1. A trace that a caller has begun is kept as its caller says. */
  readonly ratio: number;
  /** Also uses the proposed names for guardrails (`gen_ai.guardrail.*`) on the span of the decision. */
  readonly guardrailNames: boolean;
  readonly serviceName: string;
}
