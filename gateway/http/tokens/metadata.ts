/** Paths of the endpoints, below the issuer. */
export const paths = {
  metadata: '/.well-known/oauth-authorization-server',
  authorize: '/auth/oauth/authorize',
  token: '/auth/oauth/token',
  deviceAuthorization: '/auth/oauth/device-authorization',
  device: '/auth/oauth/device',
  revoke: '/auth/oauth/revoke',
  keys: '/auth/oauth/jwks',
} as const;

/** Authorization server metadata (RFC 8414 section 2, RFC 8628 section 4, RFC 9207 section 3, RFC 9449 section 5.1). */
export function describeServer(issuer: string, algorithm: string, hasSessions: boolean): object {
  const at = (path: string) => `${issuer}${path}`;
  return {
    issuer,
    token_endpoint: at(paths.token),
    jwks_uri: at(paths.keys),
    revocation_endpoint: at(paths.revoke),
    ...(hasSessions ? { authorization_endpoint: at(paths.authorize), device_authorization_endpoint: at(paths.deviceAuthorization) } : {}),
    response_types_supported: hasSessions ? ['code'] : [],
    grant_types_supported: [
      ...(hasSessions ? ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'] : []),
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
    authorization_response_iss_parameter_supported: true,
    dpop_signing_alg_values_supported: ['ES256', 'ES384', 'ES512', 'RS256', 'PS256', 'EdDSA', 'Ed25519'],
    access_token_signing_alg_values_supported: [algorithm],
  };
}
