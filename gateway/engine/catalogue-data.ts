import type { Catalogue } from '../vocabulary/catalogue.ts';

/** A backend as policies see it, at `data.regate.backends.<id>`. */
export interface BackendData {
  readonly protocol: string;
  readonly region?: string;
  /** Credential id. */
  readonly credential: string;
  /** Catalogue id → the backend's own name of the model. */
  readonly models: Readonly<Record<string, string>>;
}

/** Of a gateway that has none: for tools that were given no configuration. */
export const emptyCatalogue: Catalogue = { models: new Map(), names: new Map(), backends: new Map(), servedBy: new Map(), digest: '' };

/**
 * The catalogue in the form in which policies read it. URLs and roots are left out: no rule needs them, and a policy can be copied to places
 * that need not know them.
 */
export function catalogueData(catalogue: Catalogue): Readonly<Record<string, BackendData>> {
  return Object.fromEntries(
    [...catalogue.backends.values()].map((backend) => [
      backend.id,
      {
        protocol: backend.protocol,
        ...(backend.region === undefined ? {} : { region: backend.region }),
        credential: backend.credential,
        models: Object.fromEntries(backend.serves.map(({ model, upstream }) => [model, upstream])),
      },
    ]),
  );
}
