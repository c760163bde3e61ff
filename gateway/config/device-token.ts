import type { Configuration, IssuerConfiguration } from '../vocabulary/configuration.ts';
import type { DeviceTokenConfiguration } from '../vocabulary/device-token.ts';
import type { DeviceTokenFile } from './device-token-schema.ts';
import type { Report } from './problem.ts';

const at = ['context', 'device_token'];

/** Nobody maps or trusts the subject of a device token: it is no credential. */
const nobody = { kind: 'person', kinds: {}, id: 'sub', groupRoles: {} } as const;

/** @param issuers those that access tokens may come from; the section may name one of them */
export function convertDeviceToken(
  file: DeviceTokenFile,
  issuers: readonly IssuerConfiguration[],
  resolve: (path: string) => string,
  report: Report,
): DeviceTokenConfiguration | undefined {
  const from = convertFrom(file.issuer, issuers, resolve);
  if (from === undefined) {
    report([...at, 'issuer'], 'names no entry of identity.issuers (JWT-SVIDs and Kubernetes tokens cannot be device tokens)');
    return undefined;
  }
  const { id, managed, os } = file.device;
  return {
    header: file.header,
    issuer: {
      ...from,
      audiences: [file.audience],
      types: file.types,
      clockSkewSeconds: file.clock_skew_seconds,
      maxLifetimeSeconds: file.max_age_seconds,
      subject: nobody,
      maxActors: 1,
      claims: [],
    },
    boundTo: file.bound_to,
    principal: { claim: file.principal.claim, issuer: file.principal.issuer ?? from.alias },
    device: { id, ...(managed === undefined ? {} : { managed }), ...(os === undefined ? {} : { os }) },
  };
}

type From = Pick<IssuerConfiguration, 'alias' | 'issuer' | 'jwks' | 'algorithms'>;

function convertFrom(
  file: DeviceTokenFile['issuer'],
  issuers: readonly IssuerConfiguration[],
  resolve: (path: string) => string,
): From | undefined {
  if (typeof file === 'string') {
    const named = issuers.find((issuer) => issuer.alias === file && issuer.kind === undefined);
    return named && { alias: named.alias, issuer: named.issuer, jwks: named.jwks, algorithms: named.algorithms };
  }
  const { alias, issuer, jwks_url: url, jwks_file: path, ca, algorithms } = file;
  if (path !== undefined) return { alias, issuer, jwks: { file: resolve(path) }, algorithms };
  if (url === undefined) throw new TypeError('an issuer without jwks_url or jwks_file has passed the schema');
  return { alias, issuer, jwks: { url, ...(ca === undefined ? {} : { ca: resolve(ca) }) }, algorithms };
}

/** Headers that the gateway reads, or leaves out, for another reason. */
const readOtherwise = new Set([
  ...['dpop', 'api-key', 'x-goog-api-key', 'x-amz-security-token', 'content-type', 'content-encoding', 'transfer-encoding', 'connection'],
  ...['accept', 'accept-encoding', 'expect', 'upgrade', 'te', 'trailer', 'keep-alive', 'user-agent', 'traceparent', 'tracestate'],
  ...['anthropic-version', 'anthropic-beta', 'openai-beta', 'openai-organization', 'openai-project', 'idempotency-key', 'x-request-id'],
]);

/** Refuses what would let a device token be taken for something else, or something else for it. */
export function checkDeviceToken(configuration: Configuration, reservedHeaders: ReadonlySet<string>, report: Report): void {
  const { context, identity, listen } = configuration;
  const { deviceToken } = context;
  if (deviceToken === undefined) return;
  const { header, issuer, boundTo, principal } = deviceToken;
  const aliases = takenAliases(configuration);
  if (reservedHeaders.has(header) || readOtherwise.has(header)) {
    report([...at, 'header'], 'this header has a meaning of its own; take one that is for the device token alone');
  }
  if (Object.values(context.headers).includes(header))
    report([...at, 'header'], 'context.headers reads this header; each fact needs its own');
  if (issuer.types.some((type) => /^(application\/)?at\+jwt$/i.test(type))) {
    report(
      [...at, 'types'],
      'at+jwt is the type of access tokens, which anybody may hold who calls an API; give device tokens another one',
    );
  }
  const named = identity.issuers.find(({ issuer: name }) => name === issuer.issuer);
  if (named !== undefined && named.alias !== issuer.alias) {
    report([...at, 'issuer'], 'one of identity.issuers has this iss; name it by its alias');
  }
  if (named === undefined && aliases.has(issuer.alias)) {
    report([...at, 'issuer', 'alias'], 'this alias is taken; two issuers must never share one');
  }
  if (named?.audiences.some((audience) => issuer.audiences.includes(audience)) === true) {
    report(
      [...at, 'audience'],
      'access tokens of this issuer have the same audience, so one could pass for the other; give device tokens their own',
    );
  }
  if (boundTo === 'certificate' && listen.clientCertificates === undefined) {
    report([...at, 'bound_to'], 'no caller can present a certificate; configure listen.client_certificates');
  }
  if (boundTo === 'principal' && !aliases.has(principal.issuer)) {
    report(
      [...at, 'principal', 'issuer'],
      'nobody has ids of this issuer, so every device token would be refused; name the one of your callers',
    );
  }
}

/** Whoever principals are named after. */
function takenAliases({ identity, listen, login }: Configuration): ReadonlySet<string> {
  return new Set([
    'keys',
    'regate',
    ...identity.issuers.map(({ alias }) => alias),
    ...(listen.clientCertificates?.authorities ?? []).map(({ alias }) => alias),
    ...[...(login?.oidc ?? []), ...(login?.saml ?? [])].map(({ alias }) => alias),
  ]);
}
