import { describe, type ErrorCode, type Refusal } from '../../errors.ts';

/** What an endpoint of OAuth says no with (RFC 6749 section 5.2, RFC 8628 section 3.5, RFC 9449 section 5). */
export interface OAuthError {
  readonly kind: 'oauth-error';
  readonly error:
    | 'invalid_request'
    | 'invalid_client'
    | 'invalid_grant'
    | 'unauthorized_client'
    | 'unsupported_grant_type'
    | 'invalid_scope'
    | 'invalid_target'
    | 'invalid_dpop_proof'
    | 'access_denied'
    | 'authorization_pending'
    | 'slow_down'
    | 'expired_token'
    | 'server_error'
    | 'temporarily_unavailable';
  /** For people; no input, no token. */
  readonly description: string;
  readonly status: number;
  /** Under which the refusal is on the record. */
  readonly decisionId?: string;
  /** For the record: the gateway's own code and detail, where a stage refused. */
  readonly code?: ErrorCode;
  readonly detail?: string;
}

export function oauthError(
  error: OAuthError['error'],
  description: string,
  more: Partial<Pick<OAuthError, 'status' | 'decisionId' | 'code' | 'detail'>> = {},
): OAuthError {
  return { kind: 'oauth-error', error, description, status: error === 'invalid_client' ? 401 : 400, ...more };
}

export function isOAuthError(value: unknown): value is OAuthError {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'oauth-error';
}

/** Tells a refusal of the gateway in OAuth's words. */
export function fromRefusal({ code, message, detail, decisionId }: Refusal & { readonly decisionId?: string }): OAuthError {
  const { status, tell } = describe(code);
  return oauthError(nameOf(code, status), message ?? tell, {
    status: status === 403 ? 400 : status,
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(decisionId === undefined ? {} : { decisionId }),
  });
}

function nameOf(code: ErrorCode, status: number): OAuthError['error'] {
  if (code === 'policy.denied') return 'access_denied';
  if (code === 'credential.proof-invalid' || code === 'credential.proof-missing') return 'invalid_dpop_proof';
  if (status >= 500) return status === 503 ? 'temporarily_unavailable' : 'server_error';
  return status === 401 ? 'invalid_client' : 'invalid_request';
}
