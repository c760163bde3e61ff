import type { Model, Route } from './catalogue.ts';
import type { Decision, ObligationOutcome } from './decision.ts';
import type { Operation, Protocol } from './request.ts';

/*
 * The seals. These symbols are not exported and exist only as types, so no other file can write an object that has them: `enforce/` and
 * `inject/` each hold the one type assertion that sets their seal, and tests/structure finds any other.
 */
declare const permitSeal: unique symbol;
declare const armedSeal: unique symbol;

interface PermitBase {
  readonly [permitSeal]: true;
  readonly decision: Decision;
  readonly protocol: Protocol;
  readonly operation: Operation;
  readonly obligations: readonly ObligationOutcome[];
}

/** Leave to send this body, as it now stands, along this route. */
export interface ForwardPermit extends PermitBase {
  readonly kind: 'forward';
  readonly route: Route;
  readonly method: string;
  /** Below the backend's base URL. */
  readonly path: string;
  /** Exact bytes to send; every obligation has been discharged on them. */
  readonly body?: Uint8Array;
  readonly stream: boolean;
  /** The gateway asked for the usage chunk (`stream_options.include_usage`), the caller did not: take it out of the answer. */
  readonly dropUsageChunk: boolean;
  /** From the `timeout` obligation. */
  readonly timeoutMs?: number;
  /** Extra request headers from the `headers` obligation. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Leave to be told these models; nothing goes upstream. */
export interface ListingPermit extends PermitBase {
  readonly kind: 'listing';
  readonly models: readonly Model[];
  /** One model was asked for by name. */
  readonly single: boolean;
}

export type Permit = ForwardPermit | ListingPermit;

/** The backend credential as the chain's last link: its identity, never the secret. */
export interface CredentialLink {
  readonly kind: 'credential';
  readonly id: string;
  readonly version: string;
}

export interface ArmedForward {
  readonly [armedSeal]: true;
  readonly kind: 'forward';
  readonly permit: ForwardPermit;
  /** Origin and path to call. */
  readonly target: URL;
  /** The whole set of outgoing headers, built from nothing but an allow-list. It holds the backend's secret: never recorded. */
  readonly headers: Readonly<Record<string, string>>;
  readonly credential: CredentialLink;
}

export interface ArmedListing {
  readonly [armedSeal]: true;
  readonly kind: 'listing';
  readonly permit: ListingPermit;
}

/** A permit with the backend's credential in place of the caller's. */
export type Armed = ArmedForward | ArmedListing;
