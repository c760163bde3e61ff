import type { CredentialSource } from './configuration.ts';
import type { VerificationConfiguration } from './verification.ts';

/** One bundle of the policy, as configured. Paths are absolute. */
export interface BundleConfiguration {
  /** What status, metrics and records call it. */
  readonly name: string;
  readonly source: BundleSourceConfiguration;
  /** The parts of `data` that it may own, as `a/b`; whatever its manifest says, within these. Any, where absent. */
  readonly roots?: readonly string[];
  /** In place of the policy's: whose signature this bundle must bear. */
  readonly verification?: VerificationConfiguration;
  readonly poll: { readonly minSeconds: number; readonly maxSeconds: number };
}

export type BundleSourceConfiguration =
  /** `pushed`: the gateway's own administrative door puts it there, and nobody else. */
  | { readonly kind: 'file'; readonly path: string; readonly pushed?: true }
  /** A directory in which a bundle lies unpacked. */
  | { readonly kind: 'directory'; readonly path: string }
  /** OPA's bundle service protocol, or any web server or object store. */
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly access: HttpAccessConfiguration;
      /** How long the server may hold an answer back until there is news, where it can; 0 for never. */
      readonly longPollSeconds: number;
    }
  /** An artifact in an OCI registry, as `opa` and `oras` push it. */
  | {
      readonly kind: 'oci';
      readonly registry: string;
      readonly repository: string;
      readonly reference: string;
      readonly access: HttpAccessConfiguration;
    };

/** How a server is reached over HTTP. */
export interface HttpAccessConfiguration {
  readonly authorization?: HttpAuthorization;
  /** Path of a PEM file with additional roots. */
  readonly ca?: string;
  /** Paths of PEM files, for mutual TLS. */
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
  /** Hosts, beside the server's own, that it may send the gateway to. */
  readonly otherHosts: readonly string[];
  /** For one answer from the first byte sent to the last received, what the server may hold back not counted. */
  readonly deadlineSeconds: number;
  readonly maxBytes: number;
  /** Plain http is meant, though others could read and change what passes. */
  readonly insecureHttp: boolean;
}

/** How the gateway shows who it is. Secrets are read at each use. */
export type HttpAuthorization =
  | { readonly scheme: 'bearer'; readonly token: CredentialSource }
  | { readonly scheme: 'basic'; readonly username: string; readonly password: CredentialSource }
  /** A header of the server's own, e.g. PRIVATE-TOKEN. */
  | { readonly scheme: 'header'; readonly name: string; readonly value: CredentialSource }
  /** OAuth 2.0 client credentials (RFC 6749 section 4.4). */
  | {
      readonly scheme: 'client-credentials';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: CredentialSource;
      readonly scopes: readonly string[];
      readonly audience?: string;
    };

/** Why a bundle is not used: what operators count and alert on. */
export type BundleFailureKind =
  /** The source cannot be reached, or the file cannot be read. */
  | 'unreachable'
  | 'timeout'
  /** It answered, with something else than a bundle. */
  | 'answer'
  | 'too-large'
  | 'signature'
  /** It claims a part of `data` that is not its own. */
  | 'roots'
  /** Malformed, or not fit to decide. */
  | 'admission'
  /** It could not be saved. */
  | 'store';

/** How one bundle fares. Field names follow OPA's status API. */
export interface BundleStatus {
  readonly name: string;
  readonly type: 'snapshot';
  readonly active_revision?: string;
  /** Hex SHA-256 of the active bundle's bytes. */
  readonly digest?: string;
  /** RFC 3339, as are the others. */
  readonly last_request?: string;
  /** The source said what it has, or that nothing has changed. */
  readonly last_successful_request?: string;
  /** New content came. */
  readonly last_successful_download?: string;
  readonly last_successful_activation?: string;
  /** Bytes of the active bundle. */
  readonly size?: number;
  /** What the signature of the active bundle says, where one is required. */
  readonly signature?: {
    readonly key_id: string;
    readonly scope: string;
    readonly version?: number;
    /** RFC 3339. */
    readonly expires_at?: string;
  };
  /** Why the newest is not the active one. */
  readonly code?: 'bundle_error';
  readonly message?: string;
  readonly kind?: BundleFailureKind;
}
