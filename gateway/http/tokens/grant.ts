import type { Headed } from '../../vocabulary/request.ts';
import type { Confirmation } from '../../vocabulary/tokens.ts';
import type { Form } from './form.ts';
import type { OAuthError } from './oauth-error.ts';

/** A request at the token endpoint, its form read and the proof of a key, where one came, verified. */
export interface TokenRequest {
  readonly headed: Headed;
  readonly form: Form;
  /** What the new token is to be bound to. */
  readonly cnf?: Confirmation;
}

/** RFC 6749 section 5.1, RFC 8693 section 2.2.1. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer' | 'DPoP';
  readonly expires_in: number;
  readonly scope?: string;
  readonly refresh_token?: string;
  readonly issued_token_type?: string;
}

/** One way to get a token. */
export type GrantType = (request: TokenRequest) => Promise<TokenAnswer | OAuthError>;
