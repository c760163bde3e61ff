import type { Operation } from '../../vocabulary/request.ts';

/** One endpoint that the gateway serves. Everything that may vary in a request's head is written here; what is not written is refused. */
export interface Route {
  readonly operation: Operation;
  readonly method: 'GET' | 'POST';
  /** Below the dialect's version prefix, as it is sent upstream. */
  readonly upstreamPath: string;
  /** Query parameters that the endpoint takes, by name, with a check of the value. None of them is sent upstream. */
  readonly query?: ReadonlyMap<string, (value: string) => boolean>;
}

/** The endpoints of one dialect. */
export interface RouteTable {
  /** Exact paths. They are compared as they came, so a path that is found here needs no further check. */
  readonly exact: ReadonlyMap<string, Route>;
  /** `/v1/models/{id}`: the path up to the id, and what to do with it. */
  readonly model: { readonly prefix: string; readonly route: Route };
}
