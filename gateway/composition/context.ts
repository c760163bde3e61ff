import { makeContext } from '../pipeline/collect/context/context.ts';
import { makePlaces } from '../places/places.ts';
import type { Configuration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';

/** How the circumstances of a request are found out; and the end of it. */
export interface Circumstances {
  readonly contextOf: ReturnType<typeof makeContext>;
  close(): void;
}

/** Composes it once for all doors: the policy is told the same of an administrative action or a token request as of a model call. */
export function openCircumstances({ context, listen }: Pick<Configuration, 'context' | 'listen'>, logger: Logger): Circumstances {
  const places = makePlaces({ ...context.places, logger });
  return { contextOf: makeContext({ context, trustedProxies: listen.trustedProxies, findPlace: places.find }), close: places.close };
}
