import { join } from 'node:path';
import { findDefaultBundle } from '../../gateway/demo/demo.ts';
import { audience, issuerUrl } from './callers.ts';

/** Which upstream stands behind a backend: one of those that the world starts, or an address where nobody listens. */
export type UpstreamName = 'primary' | 'second' | 'claude';

/** The catalogue and the policy of a world. */
export interface Setting {
  readonly bundle: string;
  /** As `backends`, `models` of a configuration file; a backend's `upstream` becomes its base_url. */
  readonly backends: readonly { readonly id: string; readonly upstream: UpstreamName | 'nobody'; readonly credential?: string }[];
  readonly protocols: Readonly<Record<string, 'openai' | 'anthropic'>>;
  readonly serves: Readonly<Record<string, readonly string[]>>;
  readonly models: readonly { readonly id: string; readonly aliases?: readonly string[]; readonly operations: readonly string[] }[];
}

const generation = ['chat', 'completions', 'responses'];

/** The default policies over a catalogue like the demo's, with one model that they do not classify. */
const standard: Setting = {
  bundle: findDefaultBundle(),
  backends: [
    { id: 'primary', upstream: 'primary' },
    { id: 'claude', upstream: 'claude' },
  ],
  protocols: { primary: 'openai', claude: 'anthropic' },
  serves: {
    primary: ['gpt-5.1', 'gpt-5-mini', 'text-embedding-3-small', 'unclassified'],
    claude: ['claude-opus-4-5', 'claude-haiku-4-5'],
  },
  models: [
    { id: 'gpt-5.1', aliases: ['frontier'], operations: generation },
    { id: 'gpt-5-mini', aliases: ['small'], operations: generation },
    { id: 'text-embedding-3-small', operations: ['embeddings'] },
    { id: 'unclassified', operations: generation },
    { id: 'claude-opus-4-5', operations: ['chat', 'count-tokens'] },
    { id: 'claude-haiku-4-5', operations: ['chat', 'count-tokens'] },
  ],
};

/** The cases of tests/story/bundles/cases; each is an alias of one model. */
const caseNames = [
  'plain',
  'undefined',
  'conflict',
  'unknown-obligation',
  'known-and-unknown-obligation',
  'cap',
  'pin',
  'drop',
  'strip-names',
  'strip-types',
  'headers',
  'forbidden-header',
  'timeout',
  'everything',
  'malformed',
  'text-allow',
  'deny-without-reason',
  'public',
  'unknown-backend',
  'unknown-model',
  'other-credential',
  'other-dialect',
  'unreachable',
  'unarmed',
  'mask-fails',
  'fallback',
  'fallback-twice',
  'fallback-denied',
  'fallback-elsewhere',
  'capture',
  'capture-deny',
  'capture-fallback',
];

const cases: Setting = {
  bundle: join(import.meta.dirname, 'bundles/cases.tar.gz'),
  backends: [
    { id: 'primary', upstream: 'primary' },
    { id: 'second', upstream: 'second', credential: 'second' },
    { id: 'closed', upstream: 'nobody' },
    { id: 'unarmed', upstream: 'primary', credential: 'nowhere' },
    { id: 'claude', upstream: 'claude' },
  ],
  protocols: { primary: 'openai', second: 'openai', closed: 'openai', unarmed: 'openai', claude: 'anthropic' },
  serves: { primary: ['stories'], second: ['stories'], closed: ['stories'], unarmed: ['stories'], claude: ['stories'] },
  models: [{ id: 'stories', aliases: caseNames.map((name) => `case-${name}`), operations: [...generation, 'count-tokens'] }],
};

export const settings = { standard, cases } as const;
export type SettingName = keyof typeof settings;

/** Writes the configuration of a world. Addresses of upstreams are origins without a path. */
export function describeConfiguration(
  setting: Setting,
  addresses: Readonly<Record<UpstreamName | 'nobody', string>>,
  tls: { readonly certificate: string; readonly key: string },
) {
  return {
    version: 1,
    labels: { world: 'stories' },
    listen: {
      port: 0,
      tls: { mode: 'files', ...tls },
      trusted_proxies: ['127.0.0.9/32'],
      drain_seconds: 5,
    },
    doors: { port: 0 },
    identity: {
      issuers: [
        {
          alias: 'demo',
          issuer: issuerUrl,
          jwks_file: 'jwks.json',
          audiences: [audience],
          algorithms: ['RS256', 'ES256', 'EdDSA'],
          types: ['at+jwt'],
          subject: {
            kind_claim: 'kind',
            kinds: { person: 'person', service: 'service', agent: 'agent' },
            roles: 'roles',
            groups: 'groups',
          },
          actor: { kind: 'service', kind_claim: 'kind', kinds: { service: 'service', agent: 'agent' }, roles: 'roles' },
          claims: ['department', 'email'],
          device: { id: 'device.id', managed: 'device.managed', os: 'device.os' },
        },
      ],
      keys: { file: 'keys.json', pepper_file: 'pepper' },
    },
    context: {
      // Only this one address: a caller from another one of 127.0.0.0/8 comes from a place that nobody knows.
      networks: [{ name: 'loopback', cidrs: ['127.0.0.1/32'] }],
      headers: { device_id: 'x-device-id', device_managed: 'x-device-managed', device_os: 'x-device-os', country: 'x-country' },
    },
    policy: { bundle: setting.bundle, poll_seconds: 3600 },
    backends: setting.backends.map(({ id, upstream, credential = 'upstream' }) => ({
      id,
      protocol: setting.protocols[id],
      base_url: `${addresses[upstream]}/v1`,
      credential,
      idle_timeout_ms: 1000,
      connect_timeout_ms: 1000,
      models: Object.fromEntries((setting.serves[id] ?? []).map((model) => [model, `${model}@${id}`])),
    })),
    models: setting.models,
    credentials: {
      upstream: { environment: 'STORY_UPSTREAM' },
      ...(setting.backends.some(({ credential }) => credential !== undefined)
        ? { second: { environment: 'STORY_SECOND' }, nowhere: { environment: 'STORY_NOWHERE' } }
        : {}),
    },
    record: { directory: 'decisions', anonymous_per_second: 10_000 },
    limits: { body_mib: 0.0625, body_seconds: 1, json_depth: 16 },
  };
}
