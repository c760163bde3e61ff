import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, errors, jwtVerify } from 'jose';
import { type Refusal, refuse } from '../../errors.ts';
import { isObject } from '../../json/is-object.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import { readParts } from './jwt-parts.ts';

export interface DpopNeeds {
  /** The origins under which the gateway is reached, e.g. `https://gateway.example`: what proofs must name, never what a request says. */
  readonly origins: readonly string[];
  readonly clock: Pick<Clock, 'now'>;
}

/** The request that a proof is good for. */
export interface Proved {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  /** The access token that comes with it; absent where a token is asked for. */
  readonly token?: string;
}

export interface Dpop {
  /**
   * Verifies a DPoP proof (RFC 9449 section 4.3) and takes it: the same one does not count twice.
   * @returns the thumbprint of its key (`jkt`), or `credential.proof-invalid`
   */
  verify(proof: string, of: Proved): Promise<string | Refusal>;
}

/** How old a proof may be, and how far clocks may differ. Seconds. */
const window = 60;
const algorithms = ['ES256', 'ES384', 'ES512', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];
const privateMembers = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];
/** Proofs that are remembered; more within one window are refused, because a forgotten one could come again. */
const mostRemembered = 200_000;

/**
 * Makes the verifier of DPoP proofs. The key stands in the proof itself and is worth nothing alone: what counts is that the token is bound to it.
 * Proofs that were taken are remembered on this node for as long as they are fresh; a proof is good for one method and one URL.
 */
export function makeDpop({ origins, clock }: DpopNeeds): Dpop {
  let young = new Set<string>();
  let old = new Set<string>();
  let turnedAt = Number.NEGATIVE_INFINITY;

  /** Two generations of a whole window of freshness each: what is in neither cannot be fresh any more. */
  function take(name: string): boolean {
    const now = clock.now();
    if (now - turnedAt > 2 * window * 1000) {
      old = now - turnedAt > 4 * window * 1000 ? new Set() : young;
      young = new Set();
      turnedAt = now;
    }
    if (young.has(name) || old.has(name) || young.size >= mostRemembered) return false;
    young.add(name);
    return true;
  }

  return {
    async verify(proof, { method, path, token }) {
      const parts = readParts(proof);
      if (parts === undefined) return invalid('it is no JWT');
      const { jwk } = parts.header;
      if (!isObject(jwk) || privateMembers.some((member) => member in jwk)) return invalid('its key is missing or not public');
      try {
        await jwtVerify(proof, EmbeddedJWK, { algorithms, typ: 'dpop+jwt', currentDate: new Date(clock.now()) });
      } catch (cause) {
        if (!(cause instanceof errors.JOSEError) && !(cause instanceof TypeError)) throw cause;
        return invalid('its signature does not hold');
      }
      const { jti, htm, htu, iat, ath } = parts.claims;
      if (typeof jti !== 'string' || jti === '' || jti.length > 255) return invalid('it has no jti');
      if (htm !== method) return invalid('it is for another method');
      if (typeof htu !== 'string' || !isFor(htu, path)) return invalid('it is for another URL');
      if (typeof iat !== 'number' || Math.abs(clock.now() / 1000 - iat) > window) return invalid('it is not fresh');
      const wanted = token === undefined ? undefined : createHash('sha256').update(token).digest('base64url');
      if (ath !== wanted) return invalid('it is for another token');
      const jkt = await calculateJwkThumbprint(jwk);
      return take(`${jkt} ${jti}`) ? jkt : invalid('it has been used before');
    },
  };

  /** RFC 9449 section 4.3: compared without query and fragment. */
  function isFor(htu: string, path: string): boolean {
    const bare = htu.split(/[?#]/, 1)[0];
    return origins.some((origin) => bare === `${origin}${path}`);
  }
}

function invalid(detail: string): Refusal {
  return refuse('credential.proof-invalid', { detail: `the DPoP proof: ${detail}` });
}
