import type { BundleSourceConfiguration } from '../../vocabulary/bundles.ts';
import type { CandidateConfiguration } from '../../vocabulary/candidate.ts';
import type { Configuration } from '../../vocabulary/configuration.ts';

const tlsModes = { files: 'https, certificate from files', development: 'https, development certificate', plaintext: 'http, no TLS' };

/** A few lines that say what a configuration amounts to. */
export function summarise(file: string, configuration: Configuration): string {
  const { listen, doors, identity, catalogue, policy, record } = configuration;
  const issuers = identity.issuers.map(({ alias, issuer }) => `${alias} (${issuer})`);
  if (identity.keys !== undefined) issuers.push(`virtual keys (${identity.keys.file})`);
  const backends = [...catalogue.backends.values()].map(({ id, serves }) => `${id} (${count(serves.length, 'model')})`);
  const rows: readonly (readonly [label: string, value: string])[] = [
    ['listens on', `${join(listen)} (${tlsModes[listen.tls.mode]})`],
    ['doors', join(doors)],
    ['identities', issuers.join(', ')],
    ['backends', backends.join(', ')],
    ['models', [...catalogue.models.keys()].join(', ')],
    ['bundles', policy.bundles.map(({ name, source }) => `${name} (${describeSource(source)})`).join(', ')],
    ['signatures', describeVerification(policy.verification)],
    ...(policy.candidate === undefined ? [] : [['candidate', describeCandidate(policy.candidate)] as const]),
    ['records', record.directory],
  ];
  return `${file} can be used\n${rows.map(([label, value]) => `  ${label.padEnd(11)}${value}\n`).join('')}`;
}

function describeCandidate({ mode, bundles, canary }: CandidateConfiguration): string {
  const who = [
    ...(canary.share > 0 ? [`${canary.share} % of originators`] : []),
    ...(canary.identities.length > 0 ? [count(canary.identities.length, 'identity', 'identities')] : []),
    ...(canary.groups.length > 0 ? [count(canary.groups.length, 'group')] : []),
  ];
  const decides = mode === 'shadow' ? 'in the shadow' : `decides for ${who.join(', ')}`;
  return `${bundles.map(({ source }) => describeSource(source)).join(', ')}, ${decides}`;
}

function describeVerification(verification: Configuration['policy']['verification']): string {
  if (verification === undefined) return 'bundles need none';
  const keys = verification.keys.map(({ id, algorithm }) => `${id} (${algorithm})`).join(', ');
  return verification.scope === '' ? keys : `${keys}, scope ${verification.scope}`;
}

function describeSource(source: BundleSourceConfiguration): string {
  switch (source.kind) {
    case 'file':
    case 'directory':
      return source.path;
    case 'http':
      return source.url.split('?', 1)[0] ?? '';
    case 'oci':
      return `${source.registry}/${source.repository}`;
  }
}

function join({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}
