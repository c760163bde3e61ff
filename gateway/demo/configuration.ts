import { stringify } from 'yaml';
import { demoAudience, demoIssuer } from './identities.ts';

export interface DemoConfigurationNeeds {
  readonly port: number;
  readonly doorsPort: number;
  readonly adminPort: number;
  readonly bundle: string;
  readonly upstreamUrl: string;
  /** Which providers are called for real, with the key in the environment. */
  readonly real: { readonly openai: boolean; readonly anthropic: boolean };
}

const openaiModels = ['gpt-5.1', 'gpt-5-mini', 'text-embedding-3-small'];
const anthropicModels = ['claude-opus-4-5', 'claude-haiku-4-5'];
const generation = ['chat', 'completions', 'responses'];

/** Writes the demo's configuration as a file like any other, so that it can be read, copied and changed. Paths start at the demo's folder. */
export function writeDemoConfiguration({ port, doorsPort, adminPort, bundle, upstreamUrl, real }: DemoConfigurationNeeds): string {
  const serve = (models: readonly string[]) => Object.fromEntries(models.map((model) => [model, model]));
  const demo = (protocol: string, models: readonly string[]) => ({
    id: `demo-${protocol}`,
    protocol,
    base_url: `${upstreamUrl}/v1`,
    credential: 'demo-upstream',
    models: serve(models),
  });
  const configuration = {
    version: 1,
    labels: { mode: 'demo' },
    listen: { port, tls: { mode: 'development', directory: '.' } },
    doors: { port: doorsPort },
    admin: { port: adminPort },
    identity: {
      issuers: [
        {
          alias: 'demo',
          issuer: demoIssuer,
          jwks_file: 'issuer-jwks.json',
          audiences: [demoAudience],
          algorithms: ['ES256'],
          types: ['at+jwt'],
          subject: {
            kind_claim: 'kind',
            kinds: { person: 'person', service: 'service', agent: 'agent' },
            roles: 'roles',
            groups: 'groups',
          },
          actor: { kind: 'service', kind_claim: 'kind', kinds: { service: 'service', agent: 'agent' }, roles: 'roles' },
          device: { id: 'device.id', managed: 'device.managed', os: 'device.os' },
        },
      ],
      keys: { file: 'keys.json', pepper_file: 'keys-pepper' },
      revocations: { file: 'revocations.json' },
    },
    context: { networks: [{ name: 'loopback', cidrs: ['127.0.0.0/8', '::1/128'] }] },
    policy: { bundle, store: { directory: 'bundles' } },
    backends: [
      real.openai
        ? { id: 'openai', protocol: 'openai', base_url: 'https://api.openai.com/v1', credential: 'openai', models: serve(openaiModels) }
        : demo('openai', openaiModels),
      real.anthropic
        ? {
            id: 'anthropic',
            protocol: 'anthropic',
            base_url: 'https://api.anthropic.com/v1',
            credential: 'anthropic',
            models: serve(anthropicModels),
          }
        : demo('anthropic', anthropicModels),
    ],
    models: [
      { id: 'gpt-5.1', aliases: ['frontier'], operations: generation },
      { id: 'gpt-5-mini', aliases: ['small'], operations: generation },
      { id: 'text-embedding-3-small', operations: ['embeddings'] },
      { id: 'claude-opus-4-5', operations: ['chat', 'count-tokens'] },
      { id: 'claude-haiku-4-5', operations: ['chat', 'count-tokens'] },
    ],
    credentials: {
      'demo-upstream': { file: 'upstream-credential' },
      ...(real.openai ? { openai: { environment: 'OPENAI_API_KEY' } } : {}),
      ...(real.anthropic ? { anthropic: { environment: 'ANTHROPIC_API_KEY' } } : {}),
    },
    record: { directory: '../decisions', checkpoints: { key_file: '../checkpoint.key' }, fingerprint_key_file: '../fingerprint.key' },
    log: { format: 'pretty' },
  };
  const head = '# Written by the demo at each start; changes here are lost. Copy it to begin a configuration of your own.\n';
  return head + stringify(configuration);
}
