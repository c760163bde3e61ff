import type { Dialects } from '../../backends/dialect.ts';
import { Breakage, type Refusal, refuse } from '../../errors.ts';
import type { HeldCredential, Vault } from '../../vault/vault.ts';
import type { Backend, Catalogue } from '../../vocabulary/catalogue.ts';
import type { Armed, ForwardPermit, Permit } from '../../vocabulary/permit.ts';
import type { Accepted } from '../../vocabulary/request.ts';
import { type BackendAddress, makeBackendAddress } from './backend-address.ts';
import { buildOutgoingHeaders } from './outgoing-headers.ts';
import { sealForward, sealListing } from './seal.ts';

export interface InjectNeeds {
  readonly vault: Vault;
  readonly catalogue: Pick<Catalogue, 'backends'>;
  readonly dialects: Dialects;
  /** What the gateway calls itself to backends, e.g. `regate/0.1.0`. */
  readonly userAgent: string;
  /** The gateway's own place in the trace, for the backend (W3C Trace Context section 3.2); absent where it keeps no traces. */
  readonly traceparent?: (of: Pick<Accepted, 'requestId' | 'trace'>, decisionId: string) => string;
}

export interface Inject {
  /**
   * Leaves the caller's credential behind and takes the backend's.
   *
   * @param accepted the head of the caller's request; only what the backend's dialect lists is taken from it
   * @returns the armed request, or a refusal: `credential.backend-unavailable`, `policy.unknown-route` where the route leads to no backend that
   *   speaks the caller's dialect, `policy.obligation-blocked` where an obligation sets a header that it must not
   */
  inject(permit: Permit, accepted: Incoming): Promise<Armed | Refusal>;
}

/** What of the caller's request the way out depends on. */
type Incoming = Pick<Accepted, 'headers' | 'trace'>;

/** One line of visible text without controls: what an HTTP field value may hold (RFC 9110 section 5.5), and a line break never. */
const fieldValue = /^[\x21-\x7e]+$/;

/** Makes the stage between a permit and its way out. */
export function makeInject({ vault, catalogue, dialects, userAgent, traceparent }: InjectNeeds): Inject {
  const addresses = new Map<string, BackendAddress>();
  const origins = new Map<string, Set<string>>();
  for (const backend of catalogue.backends.values()) {
    addresses.set(backend.id, makeBackendAddress(backend));
    const known = origins.get(backend.credential) ?? new Set();
    origins.set(backend.credential, known.add(new URL(backend.baseUrl).origin));
  }

  return {
    async inject(permit, accepted) {
      if (permit.kind === 'listing') return sealListing({ kind: 'listing', permit });
      const backend = catalogue.backends.get(permit.route.backend);
      const address = addresses.get(permit.route.backend);
      if (backend === undefined || address === undefined) return refuse('policy.unknown-route');
      if (backend.protocol !== permit.protocol) return refuse('policy.unknown-route', { detail: 'the backend speaks another dialect' });
      const target = address.find(permit.path);
      if (target === undefined) return refuse('policy.unknown-route', { detail: 'the path leads out of the base URL of the backend' });
      // A policy may choose among credentials, but one host's credential is never shown to another.
      if (origins.get(permit.route.credential)?.has(target.origin) === false) {
        return refuse('policy.unknown-route', { detail: 'the credential belongs to the backend of another host' });
      }
      const held = await fetchUsable(permit.route.credential);
      if ('kind' in held) return held;
      return arm(permit, accepted, backend, address.host, target, held);
    },
  };

  /** A vault's failure is a refusal here: the caller hears of it, and the pipeline may try another backend. */
  async function fetchUsable(id: string): Promise<HeldCredential | Refusal> {
    try {
      const held = await vault.fetch(id);
      if (fieldValue.test(held.secret.reveal())) return held;
      return refuse('credential.backend-unavailable', { detail: 'the value of the credential cannot stand in a header' });
    } catch (error) {
      if (error instanceof Breakage) return refuse(error.code, { detail: error.message });
      throw error;
    }
  }

  function arm(
    permit: ForwardPermit,
    accepted: Incoming,
    backend: Backend,
    host: string,
    target: URL,
    held: HeldCredential,
  ): Armed | Refusal {
    const dialect = dialects[backend.protocol];
    const built = buildOutgoingHeaders({
      host,
      userAgent,
      dialect,
      credential: dialect.present(backend.auth, held.secret.reveal()),
      obliged: permit.headers,
      accepted,
      traceparent: traceparent?.(
        { requestId: permit.decision.input.request.id, ...(accepted.trace && { trace: accepted.trace }) },
        permit.decision.decisionId,
      ),
      bodyBytes: permit.body?.byteLength,
    });
    if ('forbidden' in built)
      return refuse('policy.obligation-blocked', { detail: `the policy may not set the header ${built.forbidden}` });
    const credential = { kind: 'credential', id: permit.route.credential, version: held.version } as const;
    return sealForward({ kind: 'forward', permit, target, headers: built.headers, credential });
  }
}
