import type { ContentMark } from './content.ts';
import type { AuditDirective, BundleStamp, NonDeterministic, ObligationOutcome, PolicyStamp, Reason } from './decision.ts';
import type { Outcome, Usage } from './delivered.ts';
import type { ContextFacts } from './facts.ts';
import type { Principal, TokenLink } from './identity.ts';
import type { CredentialLink } from './permit.ts';
import type { VerdictChange } from './verdict.ts';

/** A link as the record's own `identity` keeps it: claims and groups stand only in `input`, where the policy's mask reaches them. */
export type RecordedLink = Omit<Principal, 'claims' | 'groups'> | TokenLink | CredentialLink;

/** Fields that both halves of a record share. */
interface RecordBase {
  readonly schema: 'regate.decision/1';
  readonly decision_id: string;
  readonly request_id: string;
  readonly attempt: number;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The policy keeps it from the sinks (`system.log.drop`). Here it stands all the same. */
  readonly sinks?: 'drop';
}

/** The first half: durable before anything leaves the gateway. Field names follow OPA's decision log. */
export interface DecidedRecord extends RecordBase {
  readonly kind: 'decided';
  readonly decision: 'allow' | 'deny' | 'error';
  /** The refusal's code; absent on allow. */
  readonly code?: string;
  /** What an operator may know of a refusal beyond its code; no caller text, no secret. */
  readonly detail?: string;
  /** All that decided. A single bundle's digest is that of `policy`. */
  readonly bundles?: Readonly<Record<string, Pick<BundleStamp, 'revision'> & Partial<BundleStamp>>>;
  readonly path?: string;
  readonly input?: unknown;
  readonly result?: unknown;
  /** What the evaluation took beside its input (the time, random values), where it took any: with both, it can be replayed. */
  readonly nd_builtin_cache?: NonDeterministic;
  readonly erased?: readonly string[];
  readonly masked?: readonly string[];
  /** Who said what to mask; present exactly where there was something to mask. `why` tells what was wrong with the policy's own mask. */
  readonly mask?: { readonly by: 'policy' } | { readonly by: 'built-in'; readonly why: 'missing' | 'undefined' | 'failed' | 'malformed' };
  readonly metrics?: Readonly<Record<string, number>>;
  readonly requested_by: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly request: {
    readonly protocol: string;
    readonly operation?: string;
    readonly method: string;
    readonly path: string;
    readonly stream?: boolean;
    readonly size_bytes?: number;
    /** Keyed hash of the body: equal for equal bodies of this installation. Absent for large ones. */
    readonly fingerprint?: string;
    readonly ignored_headers?: readonly string[];
  };
  readonly identity?: { readonly chain: readonly RecordedLink[] };
  readonly policy?: Omit<PolicyStamp, 'bundles'> & {
    readonly reasons: readonly Reason[];
    readonly eval_us: number;
    readonly obligations: readonly ObligationOutcome[];
  };
  readonly model?: { readonly requested?: string; readonly sent?: string };
  readonly route?: { readonly backend: string; readonly model: string; readonly credential: string };
  readonly audit?: AuditDirective;
  /** What was kept of the prompt, apart from the record and encrypted. */
  readonly content?: ContentMark;
  readonly catalogue?: string;
}

/** The second half. It holds no text that a caller supplied. */
export interface DeliveredRecord extends RecordBase {
  readonly kind: 'delivered';
  readonly outcome: Outcome;
  /** What the caller was told, where it was refused or the delivery failed. */
  readonly code?: string;
  readonly status?: number;
  readonly upstream_status?: number;
  readonly usage?: Usage;
  readonly model?: { readonly answered?: string };
  readonly finish_reason?: string;
  readonly upstream_request_id?: string;
  readonly bytes_sent: number;
  /** What was kept of the answer, apart from the record and encrypted. */
  readonly content?: ContentMark;
  readonly timing: { readonly first_byte_ms?: number; readonly total_ms: number; readonly overhead_us: number };
}

/** Many refusals of callers whom nobody knows, in one line. */
export interface SummaryRecord {
  readonly schema: 'regate.decision/1';
  readonly kind: 'refused-summary';
  readonly timestamp: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly since: string;
  /** Code → how many were refused with it without a line of their own. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Something was done to the gateway itself, or was refused: a key created, a token exchanged, a person logged in, a revision activated. It stands in
 * the same chain as the decisions. `identity` is absent where nobody asked: the gateway did it by itself.
 */
export interface AdministrativeRecord {
  readonly schema: 'regate.decision/1';
  readonly kind: 'administrative';
  readonly decision_id: string;
  readonly request_id?: string;
  readonly timestamp: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `keys.create`, `tokens.exchange`, `sessions.begin`, `bundles.activate`, … */
  readonly action: string;
  readonly decision: 'allow' | 'deny' | 'error';
  readonly code?: string;
  readonly detail?: string;
  readonly resource?: { readonly type: string; readonly id?: string };
  /** Names, ids, numbers; never a secret. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly requested_by?: string;
  readonly identity?: { readonly chain: readonly RecordedLink[] };
  readonly policy?: Omit<PolicyStamp, 'bundles'> & { readonly reasons: readonly Reason[] };
  readonly context?: ContextFacts;
}

/** A verdict as the record of a comparison keeps it: nothing that a policy could have copied from a caller's text. */
export type ComparedVerdict =
  | {
      readonly allow: boolean;
      readonly codes: readonly string[];
      readonly route?: { readonly backend?: string; readonly model?: string; readonly credential?: string };
      /** How many. */
      readonly fallbacks: number;
      /** Types, sorted. */
      readonly obligations: readonly string[];
    }
  | { readonly failed: string };

/** A candidate policy would have decided otherwise than the policy in force did. It stands after the decision that it is about. */
export interface ComparisonRecord extends RecordBase {
  readonly kind: 'compared';
  readonly policy: Omit<PolicyStamp, 'bundles'>;
  readonly candidate: Omit<PolicyStamp, 'bundles'>;
  readonly changes: readonly VerdictChange[];
  /** The configuration says that this difference is meant. */
  readonly approved: boolean;
  readonly before: ComparedVerdict;
  readonly after: ComparedVerdict;
}

export type DecisionLogEntry = DecidedRecord | DeliveredRecord | SummaryRecord | AdministrativeRecord | ComparisonRecord;
