import { isLoopback } from '../../config/loopback.ts';
import type { Configuration } from '../../vocabulary/configuration.ts';

/** What a check may look at beside the file. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly exists: (path: string) => boolean;
}

/**
 * What lets the gateway start, and is worth a second look all the same. Files and variables are looked for on this machine, which need not be the
 * one that the gateway will run on: so they are warnings.
 */
export function findWarnings(configuration: Configuration, { environment, exists }: Surroundings): readonly string[] {
  const { listen, doors, catalogue, credentials } = configuration;
  const found: string[] = [];
  if (listen.tls.mode === 'plaintext') found.push('listen.tls: plain http; every token is sent in clear text');
  if (!isLoopback(doors.host)) found.push('doors.host: health and metrics can be read by others; they are plain http without a credential');
  for (const { id, baseUrl } of catalogue.backends.values()) {
    const { protocol, hostname } = new URL(baseUrl);
    if (protocol === 'http:' && !isLoopback(hostname)) found.push(`backends: ${id} is reached over plain http`);
  }
  if (configuration.record.bufferDecisions > 0)
    found.push('record.on_failure: requests go on while they cannot be recorded; a crash then loses what was decided');
  const used = new Set([...catalogue.backends.values()].map(({ credential }) => credential));
  for (const [id, source] of credentials) {
    if (!used.has(id)) found.push(`credentials.${id}: no backend uses it`);
    else if (source.source === 'file' && !exists(source.path)) found.push(`credentials.${id}: there is no file ${source.path} here`);
    else if (source.source === 'environment' && (environment[source.name] ?? '') === '')
      found.push(`credentials.${id}: the environment variable ${source.name} is not set here`);
  }
  const { bundles, verification } = configuration.policy;
  for (const { id, algorithm } of [verification, ...bundles.map((bundle) => bundle.verification)].flatMap((one) => one?.keys ?? [])) {
    if (algorithm.startsWith('HS')) found.push(`policy.verification: key ${id} is a secret; whoever reads it here can sign bundles, too`);
  }
  if (configuration.policy.verification?.allowDowngrade) {
    found.push('policy.verification: allow_downgrade lets an old bundle, once signed, replace a newer one');
  }
  for (const [setting, path] of filesOf(configuration)) {
    if (!exists(path)) found.push(`${setting}: there is no file ${path} here`);
  }
  return found;
}

function* filesOf({ listen, identity, policy }: Configuration): Generator<readonly [setting: string, path: string]> {
  if (listen.tls.mode === 'files') {
    yield ['listen.tls.certificate', listen.tls.certificate];
    yield ['listen.tls.key', listen.tls.key];
  }
  for (const { alias, ca, crl } of listen.clientCertificates?.authorities ?? []) {
    for (const path of [...ca, ...crl]) yield [`listen.client_certificates: a file of ${alias}`, path];
  }
  for (const { alias, jwks } of identity.issuers) {
    if ('file' in jwks) yield [`identity.issuers: jwks_file of ${alias}`, jwks.file];
    else if (jwks.ca !== undefined) yield [`identity.issuers: ca of ${alias}`, jwks.ca];
  }
  if (identity.keys !== undefined) {
    if (identity.keys.file !== undefined) yield ['identity.keys.file', identity.keys.file];
    yield ['identity.keys.pepper_file', identity.keys.pepperFile];
  }
  for (const { name, source } of policy.bundles) {
    if ('path' in source) yield [`policy: source of ${name}`, source.path];
    else {
      const { ca, clientCertificate } = source.access;
      if (ca !== undefined) yield [`policy: ca of ${name}`, ca];
      if (clientCertificate !== undefined) yield [`policy: client_certificate of ${name}`, clientCertificate.certificate];
    }
  }
  for (const { id, path } of policy.verification?.keys ?? []) yield [`policy.verification: key ${id}`, path];
}
