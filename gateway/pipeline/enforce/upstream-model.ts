import type { Route } from '../../vocabulary/catalogue.ts';
import type { Draft } from './draft.ts';

/** Writes the backend's own name of the routed model into the body, whatever alias the caller used. */
export function nameUpstreamModel(draft: Draft, { upstreamModel }: Route): void {
  if (draft.value('model') !== upstreamModel) draft.set('model', upstreamModel);
}
