import type { ErrorCode } from '../../errors.ts';
import type { RequestBody } from '../../vocabulary/body.ts';
import type { Catalogue } from '../../vocabulary/catalogue.ts';
import type { Candidate, ModelFacts } from '../../vocabulary/facts.ts';
import type { Accepted, Protocol } from '../../vocabulary/request.ts';

/**
 * Members by which a provider, an aggregator or a proxy of models is told to use another model or another place than `model` says. With any of
 * them the model cannot be determined beforehand: OpenRouter (`models`, `route`, `provider`, `plugins`, `preset`), Anthropic (`fallbacks`), LiteLLM
 * and SDK pass-throughs (`extra_body`, `api_base`, …), and the moderation model that the OpenAI API runs beside the one named (`moderation`).
 */
export const elsewhere: readonly string[] = [
  'models',
  'fallbacks',
  'context_window_fallbacks',
  'route',
  'provider',
  'plugins',
  'preset',
  'extra_body',
  'api_base',
  'base_url',
  'model_list',
  'deployment_id',
  'custom_llm_provider',
  'moderation',
];

/** Provider-held state that can stand in for the model where `model` is absent from a Responses request. */
const standsIn = ['previous_response_id', 'conversation'];

/** Printable ASCII without space. Names in other scripts, invisible and direction-changing characters look like one name and are another. */
const wellFormed = /^[\x21-\x7e]{1,256}$/;

/**
 * Finds out which model a request would reach, before anyone decides on it. Names are compared exactly, never folded or trimmed: what the
 * gateway reads must be what the backend reads.
 */
export function makeResolveModel({ catalogue }: { readonly catalogue: Catalogue }) {
  const reachable: Record<Protocol, ReadonlyMap<string, readonly Candidate[]>> = {
    openai: candidatesOf(catalogue, 'openai'),
    anthropic: candidatesOf(catalogue, 'anthropic'),
  };

  return function resolveModel(accepted: Accepted, { outline: value }: RequestBody): ModelFacts | ErrorCode {
    for (const name of elsewhere) if (isGiven(value[name])) return 'model.undeterminable';
    // A stored prompt brings instructions, tools and a model of its own. Its text is the provider's, so nothing here can be judged.
    if (accepted.operation === 'responses' && isGiven(value['prompt'])) return 'model.undeterminable';
    const requested = value['model'];
    if (!isGiven(requested)) {
      const other = accepted.operation === 'responses' && standsIn.some((name) => isGiven(value[name]));
      return other ? 'model.undeterminable' : 'model.missing';
    }
    if (typeof requested !== 'string' || !wellFormed.test(requested)) return 'model.invalid';
    const resolved = catalogue.names.get(requested);
    const candidates = resolved === undefined ? undefined : reachable[accepted.protocol].get(resolved);
    if (resolved === undefined || candidates === undefined) return 'model.unknown';
    if (!catalogue.models.get(resolved)?.operations.includes(accepted.operation)) return 'model.unknown';
    return { requested, resolved, candidates };
  };
}

/** The SDKs send `null` for a parameter that is not set. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function candidatesOf(catalogue: Catalogue, protocol: Protocol): ReadonlyMap<string, readonly Candidate[]> {
  const found = new Map<string, readonly Candidate[]>();
  for (const [model, backends] of catalogue.servedBy) {
    const candidates = backends.filter((id) => catalogue.backends.get(id)?.protocol === protocol).map((backend) => ({ model, backend }));
    if (candidates.length > 0) found.set(model, candidates);
  }
  return found;
}
