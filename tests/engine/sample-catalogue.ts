import type { Backend, Catalogue, Model } from '../../gateway/vocabulary/catalogue.ts';
import type { Operation, Protocol } from '../../gateway/vocabulary/request.ts';

const backend = (id: string, protocol: Protocol, models: Record<string, string>, region?: string): Backend => ({
  id,
  protocol,
  baseUrl: `https://${id}.example/v1`,
  credential: `${id}-key`,
  auth: 'bearer',
  ...(region === undefined ? {} : { region }),
  timeoutMs: { connect: 1000, idle: 1000 },
  serves: Object.entries(models).map(([model, upstream]) => ({ model, upstream })),
});

const model = (id: string, ...operations: Operation[]): Model => ({ id, aliases: [], operations });

const models = [model('small', 'chat', 'responses'), model('large', 'chat'), model('vectors', 'embeddings'), model('claude', 'chat')];
const backends = [
  backend('east', 'openai', { small: 'small-2026', large: 'large-2026' }, 'us-east'),
  backend('west', 'openai', { small: 'small-west', vectors: 'v3' }),
  backend('other', 'anthropic', { claude: 'claude-x', small: 'small-a' }),
];

/** Four models on three backends, `small` on all of them. */
export const sampleCatalogue: Catalogue = {
  models: new Map(models.map((entry) => [entry.id, entry])),
  names: new Map(models.map((entry) => [entry.id, entry.id])),
  backends: new Map(backends.map((entry) => [entry.id, entry])),
  servedBy: new Map([
    ['small', ['other', 'east', 'west']],
    ['large', ['east']],
    ['vectors', ['west']],
    ['claude', ['other']],
  ]),
  digest: 'sample',
};
