import type { SubjectMapping } from './configuration.ts';

/** How people log in at the gateway's own pages. Paths are absolute. */
export interface LoginConfiguration {
  /** The origin under which browsers reach the gateway, without a slash at the end. Every redirect URI is made from it, never from a request. */
  readonly publicUrl: string;
  readonly sessions: SessionConfiguration;
  readonly oidc: readonly OidcProvider[];
  readonly saml: readonly SamlProvider[];
}

export interface SessionConfiguration {
  readonly store: SessionStoreConfiguration;
  /** Text file, one secret a line: the first signs cookies, all verify them. Absent only with the memory store. */
  readonly secretFile?: string;
  /** Longest life of a session, whatever its use. */
  readonly absoluteSeconds: number;
  /** Longest time without use. */
  readonly idleSeconds: number;
}

export type SessionStoreConfiguration =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string }
  | {
      readonly kind: 'redis';
      /** `redis://` or `rediss://` with host and port; no credentials. */
      readonly url: string;
      readonly username?: string;
      readonly passwordFile?: string;
      /** PEM of additional roots. */
      readonly ca?: string;
      /** In front of every key, where several gateways share a Redis. */
      readonly prefix: string;
    };

/** What the providers of both kinds have in common. */
export interface LoginProvider {
  readonly alias: string;
  /** What people read on the page. */
  readonly name: string;
  readonly subject: SubjectMapping;
  /** Names of claims or attributes that policy may read. */
  readonly claims: readonly string[];
  /** What of the provider's words means that more than one factor was used: `amr` values (RFC 8176), and `acr` values or authentication contexts. */
  readonly mfa: { readonly amr: readonly string[]; readonly acr: readonly string[] };
  readonly clockSkewSeconds: number;
}

export interface OidcProvider extends LoginProvider {
  /** Compared exactly; discovery is at its well-known place. */
  readonly issuer: string;
  readonly clientId: string;
  /** Absent for a public client: PKCE is then all that binds the code. */
  readonly clientSecretFile?: string;
  readonly clientAuthentication: 'client_secret_basic' | 'client_secret_post';
  readonly scopes: readonly string[];
  /** JWS algorithms of ID tokens and logout tokens; asymmetric only. */
  readonly algorithms: readonly string[];
  /** PEM of additional roots for the provider's own addresses. */
  readonly ca?: string;
}

export interface SamlProvider extends LoginProvider {
  /** The identity provider's metadata: its entity id, addresses and certificates. Read again when it changes. */
  readonly metadataFile: string;
  /** The gateway's own entity id; it is also the audience that assertions must have. */
  readonly entityId: string;
  /** What names the person: the persistent NameID, or an attribute (`subject.id`). */
  readonly identifiedBy: 'name-id' | 'attribute';
  /** Key and certificate with which requests are signed; without them there is no single logout. */
  readonly signing?: { readonly keyFile: string; readonly certificateFile: string };
  readonly maxAssertionAgeSeconds: number;
}
