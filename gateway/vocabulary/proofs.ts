import type { CertificateProof } from './certificates.ts';
import type { Owner, PrincipalKind } from './identity.ts';

/** A JWT whose signature, issuer, audience and times hold. Who its claims name is for the chain to say. */
export interface JwtProof {
  readonly method: 'jwt';
  /** The configured alias of the issuer. */
  readonly issuer: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Keyed digest of the whole token, base64url: identifies a token that has no `jti`. */
  readonly digest: string;
}

/** What a key is limited to. The policy reads and enforces it; an absent member is no limit. */
export interface KeyLimits {
  /** Catalogue ids. */
  readonly models?: readonly string[];
  /** Where it may be used from. */
  readonly cidrs?: readonly string[];
  readonly budget?: { readonly tokens_per_day?: number; readonly requests_per_day?: number };
}

/** What is kept of a virtual key. The key itself is not: only a keyed hash of it is at rest. */
export interface VirtualKey {
  /** Public id, part of the key's text: `rg_<id>_<secret>`. */
  readonly id: string;
  readonly name: string;
  /** What kind of caller holds it. */
  readonly kind: Exclude<PrincipalKind, 'team'>;
  /** The chain never ends in a nameless key. */
  readonly owner: Owner;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly scopes: readonly string[];
  /** Attributes that policy reads as `claims`. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly limits?: KeyLimits;
  /** RFC 3339. */
  readonly created_at: string;
  /** RFC 3339. */
  readonly expires_at?: string;
  /** RFC 3339. */
  readonly revoked_at?: string;
}

export interface KeyProof {
  readonly method: 'virtual-key';
  readonly key: VirtualKey;
}

/** A credential that holds: what it says, with nothing of what it is. */
export type Proof = JwtProof | KeyProof | CertificateProof;

/** What `authenticate` gives: every proof that was presented and holds. Never empty. */
export interface Proofs {
  readonly proofs: readonly [Proof, ...Proof[]];
  /** A device token that holds. It says from where somebody calls and never who, so it is no proof like the others. */
  readonly device?: JwtProof;
}
