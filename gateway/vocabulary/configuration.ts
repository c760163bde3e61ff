import type { BundleConfiguration, HttpAccessConfiguration } from './bundles.ts';
import type { CandidateConfiguration } from './candidate.ts';
import type { Catalogue } from './catalogue.ts';
import type { ClientCertificatesConfiguration } from './certificates.ts';
import type { DeviceTokenConfiguration } from './device-token.ts';
import type { PrincipalKind } from './identity.ts';
import type { LoginConfiguration } from './login.ts';
import type { RecordConfiguration } from './record-configuration.ts';
import type { TokenConfiguration } from './tokens.ts';
import type { TraceConfiguration } from './traces.ts';
import type { VerificationConfiguration } from './verification.ts';

/** The configuration as the rooms see it: read once, checked once, frozen. `gateway/config/` makes it from one YAML file. Paths are absolute. */
export interface Configuration {
  readonly listen: ListenConfiguration;
  readonly doors: { readonly host: string; readonly port: number };
  /** Where the administrative doors listen; absent: nowhere. */
  readonly admin?: { readonly host: string; readonly port: number };
  readonly identity: IdentityConfiguration;
  /** Absent: people cannot log in here. */
  readonly login?: LoginConfiguration;
  /** Tokens of the gateway's own; absent: none. */
  readonly tokens?: TokenConfiguration;
  readonly context: ContextConfiguration;
  readonly policy: PolicyConfiguration;
  readonly catalogue: Catalogue;
  readonly credentials: ReadonlyMap<string, CredentialSource>;
  readonly record: RecordConfiguration;
  readonly limits: LimitConfiguration;
  readonly log: { readonly level: 'error' | 'warn' | 'info' | 'debug'; readonly format: 'pretty' | 'json' };
  readonly traces?: TraceConfiguration;
  /** Put on every record. */
  readonly labels: Readonly<Record<string, string>>;
}

export type TlsConfiguration =
  | { readonly mode: 'files'; readonly certificate: string; readonly key: string }
  /** A CA and a certificate for localhost, made on first start. */
  | { readonly mode: 'development'; readonly directory: string }
  /** Only on loopback, unless forced. */
  | { readonly mode: 'plaintext'; readonly force: boolean };

export interface ListenConfiguration {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsConfiguration;
  readonly clientCertificates?: ClientCertificatesConfiguration;
  /** CIDRs of the proxies whose context headers count. */
  readonly trustedProxies: readonly string[];
  /** Trusted proxies begin each connection with a header of the PROXY protocol. */
  readonly proxyProtocol?: boolean;
  /** How long open streams may go on after SIGTERM. */
  readonly drainSeconds: number;
}

export interface IdentityConfiguration {
  readonly issuers: readonly IssuerConfiguration[];
  readonly keys?: KeysConfiguration;
  readonly revocations?: { readonly file: string };
  readonly database?: DatabaseConfiguration;
}

export interface KeysConfiguration {
  /** JSON file of hashed virtual keys; absent where a database holds them. */
  readonly file?: string;
  /** 32 bytes or more: the key of the HMAC under which virtual keys are stored. */
  readonly pepperFile: string;
}

/** Where keys and revocations of many nodes are kept. */
export interface DatabaseConfiguration {
  readonly url: CredentialSource;
  readonly ca?: string;
  readonly maxStalenessMs: number;
}

export interface IssuerConfiguration {
  readonly alias: string;
  /** Tokens of a kind that has rules of its own; absent for any other JWTs. */
  readonly kind?: 'spiffe' | 'kubernetes';
  /** Compared exactly with `iss`. Of a trust domain whose tokens name no issuer: `spiffe://` and its name. */
  readonly issuer: string;
  /** For `spiffe`. */
  readonly trustDomain?: string;
  /** A token that is not bound to a client certificate is refused (RFC 8705). */
  readonly certificateBound?: boolean;
  readonly jwks: { readonly url: string; readonly ca?: string } | { readonly file: string };
  readonly audiences: readonly string[];
  /** JWS algorithms; asymmetric only. */
  readonly algorithms: readonly string[];
  /** Accepted values of the header's `typ` (RFC 9068 section 4), compared without case and without `application/`. `none` accepts its absence. */
  readonly types: readonly string[];
  readonly clockSkewSeconds: number;
  readonly maxLifetimeSeconds: number;
  readonly subject: SubjectMapping;
  /** For RFC 8693 actors in the token. Without it a token with `act` is refused. */
  readonly actor?: SubjectMapping;
  /** Deepest `act` nesting. */
  readonly maxActors: number;
  /** Names of claims that policy may read. */
  readonly claims: readonly string[];
  /** Claims that hold the attested device, as dotted paths into the token. */
  readonly device?: { readonly id: string; readonly managed?: string; readonly os?: string };
}

/** How one party of a token becomes a link. A path is a dotted walk into the claims. */
export interface SubjectMapping {
  readonly kind: PrincipalKind;
  /** A claim whose value, where it is in `kinds`, replaces `kind`. */
  readonly kindClaim?: string;
  readonly kinds: Readonly<Record<string, PrincipalKind>>;
  /** Path of the stable id; `sub` unless said otherwise. */
  readonly id: string;
  readonly roles?: string;
  readonly groups?: string;
  /** Group → roles that it gives. */
  readonly groupRoles: Readonly<Record<string, readonly string[]>>;
  /** Id → roles that it gives; `prefix/*` stands for every id below the prefix. */
  readonly idRoles?: Readonly<Record<string, readonly string[]>>;
}

export interface ContextConfiguration {
  /** IANA zone of `context.time`. */
  readonly zone: string;
  readonly networks: readonly { readonly name: string; readonly cidrs: readonly string[] }[];
  /** Header names (lower-case) that a trusted proxy may set. */
  readonly headers: {
    readonly deviceId?: string;
    readonly deviceManaged?: string;
    readonly deviceOs?: string;
    readonly country?: string;
    readonly asn?: string;
  };
  /** How many trusted proxies stand in line: which entry of X-Forwarded-For counts, from the right. */
  readonly forwardedHops: number;
  /** The header in which proxies say for whom they forward; the other one is never read. Absent: X-Forwarded-For. */
  readonly forwardedHeader?: 'x-forwarded-for' | 'forwarded';
  /** The operator's own tables of addresses, in the MaxMind DB format. */
  readonly places?: { readonly country?: string; readonly asn?: string };
  /** Absent: no device token is looked for. */
  readonly deviceToken?: DeviceTokenConfiguration;
  /** Below this evidence a device fact is absent. */
  readonly deviceEvidence: 'attested' | 'asserted';
}

export interface PolicyConfiguration {
  /** One holds the policy, the others data. Their names differ. */
  readonly bundles: readonly BundleConfiguration[];
  /** Where what has been in force is kept. Absent: nothing is, and bundles have no age. */
  readonly store?: {
    readonly directory: string;
    /** How many combinations. */
    readonly keep: number;
    /** How long a bundle may be used that its source does not confirm; for ever, where absent. */
    readonly maxAgeSeconds?: number;
  };
  /** Who is told how the bundles fare, by OPA's status API. */
  readonly status?: { readonly url: string; readonly everySeconds: number; readonly access: HttpAccessConfiguration };
  /** WebAssembly memory of one instance, in bytes. */
  readonly maxMemoryBytes: number;
  /** CPU time that one evaluation may take before it is stopped. */
  readonly maxEvaluationMs: number;
  /** Bundles that bring only Rego are compiled here. Otherwise they are refused. */
  readonly compile?: boolean;
  /** Absent: bundles need no signature. */
  readonly verification?: VerificationConfiguration;
  /** Absent: nothing is on trial. */
  readonly candidate?: CandidateConfiguration;
}

export type CredentialSource =
  | { readonly source: 'environment'; readonly name: string }
  | { readonly source: 'file'; readonly path: string };

export interface LimitConfiguration {
  readonly bodyBytes: number;
  /** Bodies held at one time, over all requests. */
  readonly inFlightBytes: number;
  readonly jsonDepth: number;
  /** How long a caller may take to send its body. */
  readonly bodySeconds: number;
  readonly maxAttempts: number;
}
