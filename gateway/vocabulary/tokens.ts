import type { Principal } from './identity.ts';
import type { KeyLimits } from './proofs.ts';

/** How the gateway makes tokens of its own. Paths are absolute. */
export interface TokenConfiguration {
  /** `iss` of the tokens: the origin under which the gateway is reached, without a slash at the end. Its endpoints are below it. */
  readonly issuer: string;
  /** `aud` of the tokens. */
  readonly audience: string;
  readonly algorithm: 'ES256' | 'RS256';
  /** Folder of the signing keys. Nodes of one gateway share it. */
  readonly keysDirectory: string;
  /** Life of an access token. */
  readonly accessSeconds: number;
  /** Actors that a token may name, the last one included. */
  readonly maxActors: number;
}

/** What a token is bound to (RFC 7800): a DPoP key (RFC 9449 section 6.1), a client certificate (RFC 8705 section 3.1). */
export interface Confirmation {
  readonly jkt?: string;
  readonly 'x5t#S256'?: string;
}

/** What is to stand in a token. */
export interface Grant {
  /** `jti`: known before the token is made, so that the record can name it first. */
  readonly id: string;
  /** Originator first, immediate caller last: the chain that the token stands for. */
  readonly principals: readonly [Principal, ...Principal[]];
  /** The program that asked, e.g. `regate-cli`. */
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** The person's session, whose end is the token's. */
  readonly sid?: string;
  /** Of the originator's login. */
  readonly amr?: readonly string[];
  /** Milliseconds since the epoch: the latest end. */
  readonly notAfter?: number;
  /** Shorter than the configured life. */
  readonly maxSeconds?: number;
  readonly cnf?: Confirmation;
  /** Of the keys that it was got with: they go on. */
  readonly limits?: KeyLimits;
  readonly mayAct?: MayAct;
}

/** Who alone may act for the originator (RFC 8693 section 4.4). */
export interface MayAct {
  readonly sub: string;
  readonly iss: string;
}

export interface Minted {
  readonly token: string;
  /** `jti`. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}
