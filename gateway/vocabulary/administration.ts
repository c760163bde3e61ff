import type { Reason } from './decision.ts';
import type { ContextFacts } from './facts.ts';
import type { IdentityChain, Link, Principal } from './identity.ts';
import type { Arrival } from './request.ts';

/** What somebody wants to do to the gateway itself, in a word and what it is done to: `keys.create`, `tokens.exchange`, `bundles.rollback`. */
export interface AdministrativeAction {
  /** Dotted, lower-case: what it is done to, then the verb. */
  readonly action: string;
  readonly resource?: { readonly type: string; readonly id?: string };
  /** What policy may weigh and the record keeps; never a secret. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** The question of `gateway/admin/answer`, version 1. `policies/schemas/admin-input.json` says the same to OPA's checker. */
export interface AdministrativeInput {
  readonly version: 1;
  readonly request: { readonly id: string /** RFC 3339, UTC. */; readonly time: string; readonly method: string; readonly path: string };
  readonly identity: {
    readonly chain: readonly Link[];
    readonly principals: readonly Principal[];
    readonly originator: Principal;
    readonly caller: Principal;
  };
  readonly context: ContextFacts;
  readonly action: { readonly name: string; readonly resource?: { readonly type: string; readonly id?: string } };
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** A complete, well-formed answer of `gateway/admin/answer`. */
export interface AdministrativeAnswer {
  readonly allow: boolean;
  readonly reasons: readonly Reason[];
  readonly message?: string;
  /** What the policy limits an allowed action to, by the action's own names, e.g. `{max_ttl_seconds: 900}`. An unknown name is a refusal. */
  readonly limits?: Readonly<Record<string, unknown>>;
}

/** Who asks, and from where. */
export interface Petitioner {
  readonly arrival: Arrival;
  readonly chain: IdentityChain;
  readonly context: ContextFacts;
}
