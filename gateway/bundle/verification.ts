import type { VerificationKey } from './verification-key.ts';

/** What a signature is held against. */
export interface Verification {
  readonly keys: readonly VerificationKey[];
  /** Compared exactly with the signature's; `''` for none, as in OPA. */
  readonly scope: string;
  /** Milliseconds of the Unix epoch. */
  readonly now: number;
  /** The newest that has been active; a bundle with a lower version, or with the same version and another content, is a downgrade. */
  readonly newest?: SignedContent;
  /** Lets a downgrade pass, and a signature without a version. */
  readonly allowDowngrade: boolean;
}

/** Which content bears which version. */
export interface SignedContent {
  readonly version: number;
  /** Hex SHA-256 over the files that are signed: the same for the same files, whoever signs them, however they are compressed. */
  readonly content: string;
}

export interface BundleProblem {
  readonly code:
    | 'unsigned'
    | 'malformed'
    | 'unknown-key'
    | 'wrong-algorithm'
    | 'bad-signature'
    | 'scope'
    | 'expired'
    | 'not-yet-valid'
    | 'no-version'
    | 'downgrade'
    | 'altered-file'
    | 'missing-file'
    | 'unsigned-file'
    | 'weak-hash';
  /** The file that it is about, where it is about one. */
  readonly file?: string;
  /** A sentence without its full stop, for operators. */
  readonly message: string;
}
