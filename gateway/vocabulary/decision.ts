import type { Route } from './catalogue.ts';
import type { Attempt, PolicyInput } from './policy-input.ts';

/** Why. Codes are dotted and stable; documented by whoever wrote the rule. */
export interface Reason {
  readonly code: string;
  readonly rule?: string;
  readonly message?: string;
  readonly remediation?: string;
  /** The policy lets the caller see this code. */
  readonly public?: boolean;
}

/** What the policy asks the gateway to do. The type is open: an obligation that the gateway does not know is a refusal, in `enforce`. */
export interface Obligation {
  readonly type: string;
  readonly [parameter: string]: unknown;
}

export interface AuditDirective {
  readonly class?: string;
  readonly capture?: 'metadata' | 'content';
  readonly labels?: Readonly<Record<string, string>>;
}

/** A complete, well-formed answer; version 1 of the contract. */
export interface Answer {
  readonly allow: boolean;
  readonly reasons: readonly Reason[];
  /** Optional text for the caller. */
  readonly message?: string;
  readonly route?: { readonly backend?: string; readonly model?: string; readonly credential?: string };
  readonly fallbacks: readonly { readonly backend: string; readonly model?: string }[];
  readonly obligations: readonly Obligation[];
  readonly audit?: AuditDirective;
}

/** Which policy answered, as stamped on records. */
export interface PolicyStamp {
  /** The bundle that holds the policy. */
  readonly bundle: string;
  readonly revision: string;
  /**
   * Hex SHA-256 of all that decides: of the bundle's bytes; where there are several bundles, of their lines `<digest>  <name>` in the order of
   * their names, as sha256sum writes them.
   */
  readonly digest: string;
  /** All bundles, where there are several: the policy's own and those that bring data. */
  readonly bundles?: Readonly<Record<string, BundleStamp>>;
}

/** One bundle of several. */
export interface BundleStamp {
  readonly revision: string;
  /** Hex SHA-256 of its bytes. */
  readonly digest: string;
}

/** The policy's believed answer to one attempt. It is not yet a permit. */
export interface Decision {
  readonly decisionId: string;
  readonly attempt: Attempt;
  readonly policy: PolicyStamp;
  readonly input: PolicyInput;
  readonly answer: Answer;
  readonly evalUs: number;
  /** Resolved against the catalogue; present exactly when allowed and the operation names a model. */
  readonly route?: Route;
  /** For `models`: the catalogue ids that this caller may see, already limited to the catalogue. */
  readonly listing?: readonly string[];
  /** What the evaluation took that its input does not determine; present exactly where it took anything. */
  readonly nd?: NonDeterministic;
}

/** Name of the built-in → operands as text → value, as in OPA's `nd_builtin_cache`: `{"time.now_ns": {"[]": 1772366400000000000}}`. */
export type NonDeterministic = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What an evaluation depends on beside its input. */
export interface Circumstances {
  /** Nanoseconds since the epoch. The clock's, unless given. */
  readonly now?: bigint;
  /** Makes `rand.intn` and `uuid.rfc4122`: the same seed gives the same values. Random, unless given. */
  readonly seed?: string;
  /** Is told whenever the evaluation takes such a value, of all that it has taken so far. */
  readonly taken?: (nd: NonDeterministic) => void;
  /** A built-in that fails then fails the evaluation; otherwise its call is undefined. For tests of policies. */
  readonly strict?: boolean;
}

/** What became of an obligation. */
export interface ObligationOutcome {
  readonly type: string;
  readonly outcome: 'discharged' | 'not-run' | 'blocked';
}

/** One evaluated policy revision that a request is pinned to. The engine makes them. */
export interface PinnedPolicy {
  readonly stamp: PolicyStamp;
  has(entrypoint: string): boolean;
  /**
   * Evaluates an entry point.
   * @param entrypoint slash path, e.g. `gateway/decision/answer`
   * @param input any JSON value; `undefined` members are left out. One that is frozen does not change at any depth: an event around it, asked about
   *   next, is then not read as a whole again
   * @param circumstances time and seed, to be the same for all evaluations of a decision and when it is replayed
   * @returns the rule's value; `undefined` where the rule is undefined
   * @throws Breakage `policy.error` where the evaluation fails, `policy.deadline` and `policy.memory` where it needs more of either than it may,
   *   `policy.unavailable` where the entry point is missing
   */
  evaluate(entrypoint: string, input: unknown, circumstances?: Circumstances): unknown;
}
