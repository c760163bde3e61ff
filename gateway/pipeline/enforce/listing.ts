import { type Refusal, refuse } from '../../errors.ts';
import type { Catalogue, Model } from '../../vocabulary/catalogue.ts';
import type { Decision } from '../../vocabulary/decision.ts';
import type { Accepted } from '../../vocabulary/request.ts';

/**
 * The models that a caller may be told of: those that the decision lists, or the one of them that the path names. One that is hidden from the caller
 * and one that does not exist get the same answer, so asking finds nothing out.
 */
export function listModels(decision: Decision, { modelInPath }: Accepted, catalogue: Catalogue): readonly Model[] | Refusal {
  const ids = decision.listing ?? [];
  const wanted = modelInPath === undefined ? ids : ids.filter((id) => id === catalogue.names.get(modelInPath));
  const models = wanted.map((id) => catalogue.models.get(id)).filter((model) => model !== undefined);
  return modelInPath !== undefined && models.length === 0 ? refuse('model.unknown', { policy: decision.policy }) : models;
}
