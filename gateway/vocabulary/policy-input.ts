import type { ContextFacts, ModelFacts, ParameterFacts } from './facts.ts';
import type { Link, Principal } from './identity.ts';
import type { Operation, Protocol } from './request.ts';

/** The one question that is put to the policy; version 1 of the contract. `policies/schemas/input.json` says the same to OPA's checker. */
export interface PolicyInput {
  readonly version: 1;
  readonly request: {
    readonly id: string;
    /** RFC 3339, UTC. */
    readonly time: string;
    readonly protocol: Protocol;
    readonly operation: Operation;
    readonly method: string;
    readonly path: string;
    readonly stream: boolean;
    readonly size_bytes: number;
  };
  readonly identity: {
    readonly chain: readonly Link[];
    readonly principals: readonly Principal[];
    readonly originator: Principal;
    readonly caller: Principal;
  };
  readonly context: ContextFacts;
  readonly model?: ModelFacts;
  readonly parameters?: ParameterFacts;
  readonly attempt: Attempt;
}

/** Which try this is. Each try is asked and recorded by itself. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  /** From the second try on: what is proposed. */
  readonly candidate?: { readonly backend: string; readonly model: string; readonly credential: string };
  readonly previous: readonly { readonly backend: string; readonly outcome: string }[];
}
