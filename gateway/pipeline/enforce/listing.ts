import { type Refusal, refuse } from '../../errors.ts';
import type { Catalogue, Model } from '../../vocabulary/catalogue.ts';
import type { Decision } from '../../vocabulary/decision.ts';
import type { Accepted } from '../../vocabulary/request.ts';

/**
 * The models that a caller may be told of: those that the decision lists and that some backend serves in the caller's dialect, or the one of them that
 * the path names. One that is hidden from the caller and one that does not exist get the same answer, so asking finds nothing out.
 */
export function listModels(decision: Decision, accepted: Accepted, catalogue: Catalogue): readonly Model[] | Refusal {
  const { modelInPath, protocol } = accepted;
  const isServed = (id: string) => catalogue.servedBy.get(id)?.some((backend) => catalogue.backends.get(backend)?.protocol === protocol);
  const ids = (decision.listing ?? []).filter(isServed);
  const wanted = modelInPath === undefined ? ids : ids.filter((id) => id === catalogue.names.get(modelInPath));
  const models = wanted.map((id) => catalogue.models.get(id)).filter((model) => model !== undefined);
  return modelInPath !== undefined && models.length === 0 ? refuse('model.unknown', { policy: decision.policy }) : models;
}
