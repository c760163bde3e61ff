/** JWS algorithms (RFC 7518 section 3.1, RFC 8037) of bundle signatures: those of OPA. */
export type SigningAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'EdDSA';

/** Whose signatures bundles must bear. Where this is configured, a bundle without one is refused; nothing in a bundle can switch it off. */
export interface VerificationConfiguration {
  /** By id. A token picks among them, by id only. */
  readonly keys: readonly VerificationKeyConfiguration[];
  /** Compared exactly with the signature's; `''` for none, as in OPA. */
  readonly scope: string;
  readonly allowDowngrade: boolean;
  /** The file that keeps the newest versions, so that a restart does not forget them. */
  readonly versionsFile: string;
}

export interface VerificationKeyConfiguration {
  readonly id: string;
  /** The only one that a signature with this key may have been made with. */
  readonly algorithm: SigningAlgorithm;
  /** PEM of a public key or of a certificate; for HS the secret, byte for byte. */
  readonly path: string;
}
