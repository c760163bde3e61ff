/** One bundle of the policy, as configured. Paths are absolute. */
export interface BundleConfiguration {
  /** What status, metrics and records call it. */
  readonly name: string;
  readonly source: BundleSourceConfiguration;
  /** The parts of `data` that it may own, as `a/b`; whatever its manifest says, within these. Any, where absent. */
  readonly roots?: readonly string[];
  readonly poll: { readonly minSeconds: number; readonly maxSeconds: number };
}

export type BundleSourceConfiguration =
  | { readonly kind: 'file'; readonly path: string }
  /** A directory in which a bundle lies unpacked. */
  | { readonly kind: 'directory'; readonly path: string };

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
