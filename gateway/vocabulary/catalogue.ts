import type { Operation, Protocol } from './request.ts';

/** A model as served by one backend. */
export interface ServedModel {
  /** Catalogue id. */
  readonly model: string;
  /** The name that the backend knows it by. */
  readonly upstream: string;
}

/** A place where models live. */
export interface Backend {
  readonly id: string;
  readonly protocol: Protocol;
  /** Absolute URL up to and including the dialect's version prefix, e.g. `https://api.openai.com/v1`; no trailing slash, query or credentials. */
  readonly baseUrl: string;
  /** Credential id for the vault. */
  readonly credential: string;
  /** How the credential is shown to the backend: RFC 6750 bearer, or the dialect's key header. */
  readonly auth: 'bearer' | 'x-api-key';
  readonly region?: string;
  /** PEM text of additional roots that this backend's certificate may chain to. */
  readonly ca?: string;
  readonly timeoutMs: { readonly connect: number; readonly idle: number };
  readonly serves: readonly ServedModel[];
}

export interface Model {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly operations: readonly Operation[];
  readonly ownedBy?: string;
  /** Unix seconds, for listings. */
  readonly created?: number;
}

/** The catalogue, frozen at start. Look-ups are keyed; nothing of a caller's is used as an object key. */
export interface Catalogue {
  readonly models: ReadonlyMap<string, Model>;
  /** Every name a caller may use (ids and aliases) → catalogue id. */
  readonly names: ReadonlyMap<string, string>;
  readonly backends: ReadonlyMap<string, Backend>;
  /** Catalogue id → the backends that serve it, in order of preference. */
  readonly servedBy: ReadonlyMap<string, readonly string[]>;
  /** Hex SHA-256 over the canonical catalogue: recorded in place of its content. */
  readonly digest: string;
}

/** A route with every part resolved against the catalogue. */
export interface Route {
  readonly backend: string;
  readonly model: string;
  /** The backend's own name of the model. */
  readonly upstreamModel: string;
  readonly credential: string;
}
