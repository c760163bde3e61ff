import type { Backend, Catalogue, Route } from '../../vocabulary/catalogue.ts';
import type { Answer } from '../../vocabulary/decision.ts';
import type { Attempt } from '../../vocabulary/policy-input.ts';
import type { Operation, Protocol } from '../../vocabulary/request.ts';

/** What the answer was asked about. */
export interface Asked {
  readonly protocol: Protocol;
  readonly operation: Operation;
  /** Catalogue id; absent for operations that name no model. */
  readonly model: string | undefined;
  readonly candidate: Attempt['candidate'] | undefined;
}

export interface RouteFault {
  readonly code: 'policy.unknown-route' | 'policy.route-mismatch';
  /** For the record. Names are quoted only where the catalogue has them: a policy can copy a caller's text into its answer. */
  readonly detail: string;
}

export type ResolveRoute = (named: Answer['route'], asked: Asked) => Route | RouteFault | undefined;

/**
 * Completes the route that an answer names and holds it against the catalogue. Absent parts: the model is the resolved one of the request, the
 * backend is the candidate's, else the first that serves the model and speaks the caller's dialect, and the credential is the backend's.
 *
 * A candidate's model is not filled in: an answer that names none speaks of the model that the caller asked for, and what is granted for one
 * model must not be sent to another.
 */
export function makeResolveRoute(catalogue: Catalogue): ResolveRoute {
  const routes = new Map([...catalogue.backends.values()].map((backend) => [backend.id, routesOf(backend)]));

  function firstBackend(model: string, protocol: Protocol): string | undefined {
    return catalogue.servedBy.get(model)?.find((id) => catalogue.backends.get(id)?.protocol === protocol);
  }

  return function resolveRoute(named, { protocol, operation, model: resolved, candidate }) {
    // Nothing is sent anywhere for an operation without a model, so a route that a policy names in passing has no effect.
    if (resolved === undefined) return undefined;
    const model = named?.model ?? resolved;
    if (catalogue.models.get(model)?.operations.includes(operation) !== true) {
      return unknown(
        catalogue.models.has(model)
          ? `the model ${model} does not serve ${operation}`
          : 'the answer names a model that is not in the catalogue',
      );
    }
    const backend = named?.backend ?? candidate?.backend ?? firstBackend(model, protocol);
    if (backend === undefined) return unknown(`no backend that speaks ${protocol} serves ${model}`);
    if (catalogue.backends.get(backend)?.protocol !== protocol) {
      return unknown(
        catalogue.backends.has(backend)
          ? `the backend ${backend} does not speak ${protocol}`
          : 'the answer names a backend that is not in the catalogue',
      );
    }
    const route = routes.get(backend)?.get(model);
    if (route === undefined) return unknown(`the backend ${backend} does not serve ${model}`);
    if (named?.credential !== undefined && named.credential !== route.credential) {
      return unknown(`the answer names another credential than that of the backend ${backend}`);
    }
    if (
      candidate !== undefined &&
      (candidate.model !== model || candidate.backend !== backend || candidate.credential !== route.credential)
    ) {
      return {
        code: 'policy.route-mismatch',
        detail: `asked about ${candidate.backend}/${candidate.model}, the policy answered for ${backend}/${model}`,
      };
    }
    return route;
  };
}

function routesOf(backend: Backend): ReadonlyMap<string, Route> {
  return new Map(
    backend.serves.map(({ model, upstream }) => [
      model,
      Object.freeze({ backend: backend.id, model, upstreamModel: upstream, credential: backend.credential }),
    ]),
  );
}

function unknown(detail: string): RouteFault {
  return { code: 'policy.unknown-route', detail };
}
