import { type Refusal, refuse } from '../../errors.ts';
import type { DeviceTokenConfiguration } from '../../vocabulary/device-token.ts';
import type { DeviceFact } from '../../vocabulary/facts.ts';
import type { IdentityChain, TokenLink } from '../../vocabulary/identity.ts';
import type { JwtProof } from '../../vocabulary/proofs.ts';
import { makeReadDevice, toRfc3339 } from './attested.ts';
import { isWord, parseClaimPath, walk } from './claim-path.ts';

/** Joins a device token to the chain of whoever presented it. */
export type JoinDeviceToken = (base: IdentityChain, proof: JwtProof) => IdentityChain | Refusal;

/**
 * Makes the joining of device tokens. A device token is nobody's identity: it adds a link and a fact, and never a principal, a role or a scope.
 *
 * It must name somebody in the chain, unless it is bound to the caller's certificate: a device token that was taken from somebody would else make any
 * place a managed device. What it says must agree with what the certificate or the credential's own claims attest. Of one device the statements add up,
 * and the certificate's stand; two devices are a contradiction.
 *
 * @returns the chain, or `identity.contradictory`, `credential.device-token-invalid`
 */
export function makeJoinDeviceToken({ boundTo, principal, device: claims }: DeviceTokenConfiguration): JoinDeviceToken {
  const readDevice = makeReadDevice(claims);
  const namePath = parseClaimPath(principal.claim);

  function namesSomebody(base: IdentityChain, proof: JwtProof): boolean {
    const name = walk(proof.claims, namePath);
    return isWord(name) && base.principals.some(({ id }) => id === `${principal.issuer}:${name}`);
  }

  return function joinDeviceToken(base, proof) {
    if (boundTo === 'principal' && !namesSomebody(base, proof)) {
      return refuse('identity.contradictory', { detail: 'the device token is of somebody else than the credential' });
    }
    const device = readDevice(proof.claims);
    if (device === undefined) return refuse('credential.device-token-invalid', { detail: 'the device token names no device' });
    const other = base.attested.device;
    if (other !== undefined && contradicts(device, other)) {
      return refuse('identity.contradictory', { detail: 'the device token is of another device than the one that is attested beside it' });
    }
    return { ...base, chain: [...base.chain, describe(proof)], attested: { ...base.attested, device: { ...device, ...other } } };
  };
}

/** Names of operating systems are written in too many ways to compare. */
function contradicts(one: DeviceFact, other: DeviceFact): boolean {
  return one.id !== other.id || (one.managed !== undefined && other.managed !== undefined && one.managed !== other.managed);
}

function describe({ issuer, claims: { jti, iat, exp }, digest }: JwtProof): TokenLink {
  const issuedAt = toRfc3339(iat);
  const expiresAt = toRfc3339(exp);
  return {
    kind: 'token',
    id: isWord(jti) ? jti : digest,
    issuer,
    method: 'device-token',
    // A scope in a device token would be a permission that nobody gave to the caller.
    scopes: [],
    ...(issuedAt === undefined ? {} : { issued_at: issuedAt }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
  };
}
