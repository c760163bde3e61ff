import type { DeviceFact, SessionFact } from './facts.ts';
import type { KeyLimits } from './proofs.ts';

/**
 * The identity chain, in the very form in which policy reads it and the record keeps it (policy contract, `identity`).
 *
 * Order: the originator first, the immediate caller last, then the token that was presented. In RFC 8693 terms: `sub` is the originator, then
 * the innermost `act` … the outermost `act` (the current actor). The RFC makes prior actors informational; here they may only narrow.
 */
export type PrincipalKind = 'person' | 'service' | 'agent' | 'team';

/** How a principal was proved. */
export type ProofMethod = 'oidc' | 'saml' | 'jwt' | 'mtls' | 'spiffe' | 'kubernetes' | 'virtual-key' | 'delegated';

export interface Owner {
  readonly kind: 'person' | 'team';
  readonly id: string;
}

export interface Assurance {
  readonly mfa?: boolean;
  readonly acr?: string;
  /** RFC 3339. */
  readonly auth_time?: string;
}

/** One principal. Roles are its own: nobody inherits another link's. */
export interface Principal {
  readonly kind: PrincipalKind;
  /** The issuer's alias and its stable subject, e.g. `okta:00u1`; never an e-mail address. */
  readonly id: string;
  /** The configured alias of the issuer, or `keys` for virtual keys. */
  readonly issuer: string;
  readonly method: ProofMethod;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  /** Only claims that the configuration allow-lists. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly owner?: Owner;
  readonly assurance?: Assurance;
}

/** The presented credential itself, as a link: its public identity, never its value. */
export interface TokenLink {
  readonly kind: 'token';
  /**
   * `jti`, or a keyed digest where the token has none; for virtual keys the key's public id; for certificates their SHA-256 thumbprint (RFC 8705
   * `x5t#S256`).
   */
  readonly id: string;
  readonly issuer: string;
  readonly method: 'jwt' | 'mtls' | 'spiffe' | 'kubernetes' | 'virtual-key' | 'device-token';
  /** For certificates: presented on the connection, or told of by a trusted proxy that ended it. */
  readonly evidence?: 'peer' | 'trusted-proxy';
  readonly scopes: readonly string[];
  /** Of a virtual key. */
  readonly limits?: KeyLimits;
  /** RFC 3339. */
  readonly issued_at?: string;
  /** RFC 3339. */
  readonly expires_at?: string;
}

export type Link = Principal | TokenLink;

export interface IdentityChain {
  readonly chain: readonly Link[];
  /** The chain without tokens, never empty. */
  readonly principals: readonly [Principal, ...Principal[]];
  readonly originator: Principal;
  readonly caller: Principal;
  /** What the issuer's signature vouches for beside the principals; `collect` weighs it. */
  readonly attested: { readonly device?: DeviceFact; readonly session?: SessionFact };
}
