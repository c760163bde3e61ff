import type { HttpAccessConfiguration, HttpAuthorization } from '../vocabulary/bundles.ts';
import type { CredentialSource } from '../vocabulary/configuration.ts';
import type { HttpAccessFile } from './http-access-schema.ts';

type Resolve = (path: string) => string;
type SecretFile = { environment: string } | { file: string };

export function convertHttpAccess(file: HttpAccessFile, resolve: Resolve): HttpAccessConfiguration {
  const { ca, client_certificate: certificate } = file;
  return {
    ...(file.authorization === undefined ? {} : { authorization: convertAuthorization(file.authorization, resolve) }),
    ...(ca === undefined ? {} : { ca: resolve(ca) }),
    ...(certificate === undefined
      ? {}
      : { clientCertificate: { certificate: resolve(certificate.certificate), key: resolve(certificate.key) } }),
    otherHosts: file.other_hosts,
    deadlineSeconds: file.deadline_seconds,
    maxBytes: Math.floor(file.max_mib * 1024 * 1024),
    insecureHttp: file.insecure_http,
  };
}

function convertAuthorization(file: NonNullable<HttpAccessFile['authorization']>, resolve: Resolve): HttpAuthorization {
  const secret = (source: SecretFile): CredentialSource =>
    'file' in source ? { source: 'file', path: resolve(source.file) } : { source: 'environment', name: source.environment };
  if ('bearer' in file) return { scheme: 'bearer', token: secret(file.bearer) };
  if ('basic' in file) return { scheme: 'basic', username: file.basic.username, password: secret(file.basic.password) };
  if ('header' in file) return { scheme: 'header', name: file.header.name.toLowerCase(), value: secret(file.header.value) };
  const { token_url: tokenUrl, client_id: clientId, client_secret: clientSecret, scopes, audience } = file.client_credentials;
  return {
    scheme: 'client-credentials',
    tokenUrl,
    clientId,
    clientSecret: secret(clientSecret),
    scopes,
    ...(audience === undefined ? {} : { audience }),
  };
}
