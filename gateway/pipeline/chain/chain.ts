import { isRefusal, type Refusal, refuse } from '../../errors.ts';
import { freeze } from '../../json/freeze.ts';
import type { AuthorityConfiguration, CertificateProof } from '../../vocabulary/certificates.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { IssuerConfiguration } from '../../vocabulary/configuration.ts';
import type { DeviceTokenConfiguration } from '../../vocabulary/device-token.ts';
import type { IdentityChain, Principal, TokenLink } from '../../vocabulary/identity.ts';
import type { JwtProof, KeyProof, Proof, Proofs, VirtualKey } from '../../vocabulary/proofs.ts';
import { readActors } from './actors.ts';
import { makeReadDevice, type ReadDevice, readAssurance, readSession } from './attested.ts';
import { makeJoinDeviceToken } from './join-device-token.ts';
import { chainWorkload, joinCertificate } from './join-proofs.ts';
import { kubernetesClaims } from './kubernetes-claims.ts';
import { makeMapCertificate } from './map-certificate.ts';
import { type MapParty, makeMapParty } from './map-party.ts';
import { chainOwnToken, ownAlias } from './own-token.ts';
import { describeKey, describeToken } from './token-link.ts';

export interface ChainNeeds {
  readonly issuers: readonly IssuerConfiguration[];
  /** Whose certificates prove who calls, or from which device. */
  readonly authorities?: readonly AuthorityConfiguration[];
  /** What device tokens say, and whose they must be. */
  readonly deviceToken?: DeviceTokenConfiguration;
  /** For the age of a session. */
  readonly clock: Pick<Clock, 'now'>;
}

interface Issuer {
  readonly method: 'jwt' | 'spiffe' | 'kubernetes';
  readonly mapSubject: MapParty;
  readonly mapActor?: MapParty;
  readonly maxActors: number;
  readonly clockSkewSeconds: number;
  readonly readDevice: ReadDevice;
}

/**
 * Makes the stage that says who is behind a credential: the originator first, then whoever acts for it, the immediate caller last, then the
 * credential itself. Roles are each link's own.
 *
 * @returns the chain, or `identity.unmapped`, `identity.delegation-refused`, `identity.contradictory`
 */
export function makeChain(needs: ChainNeeds): (proofs: Proofs) => IdentityChain | Refusal {
  const { clock } = needs;
  const mapCertificate = makeMapCertificate(needs.authorities ?? []);
  const joinDeviceToken = needs.deviceToken && makeJoinDeviceToken(needs.deviceToken);
  const issuers = new Map(needs.issuers.map((issuer) => [issuer.alias, prepareIssuer(issuer)]));
  // A cached token is the same proof at every request, and its chain is the same but for the age of the session.
  const known = new WeakMap<JwtProof | VirtualKey, IdentityChain | Refusal>();

  function recall(of: JwtProof | VirtualKey, build: () => IdentityChain | Refusal): IdentityChain | Refusal {
    const before = known.get(of);
    if (before !== undefined) return before;
    const built = freeze(build());
    known.set(of, built);
    return built;
  }

  function chainOf(proof: JwtProof | KeyProof): IdentityChain | Refusal {
    if (proof.method === 'virtual-key') return recall(proof.key, () => chainKey(proof.key));
    const issuer = issuers.get(proof.issuer);
    if (proof.issuer === ownAlias)
      return withSession(
        recall(proof, () => chainOwnToken(proof)),
        proof,
        0,
      );
    if (issuer === undefined) return refuse('identity.unmapped', { detail: 'no mapping for the issuer' });
    const chain = recall(proof, () => chainToken(proof, issuer));
    return withSession(chain, proof, issuer.clockSkewSeconds);
  }

  function withSession(chain: IdentityChain | Refusal, { claims }: JwtProof, skewSeconds: number): IdentityChain | Refusal {
    if (isRefusal(chain)) return chain;
    const session = readSession(claims, clock.now(), skewSeconds);
    return session === undefined ? chain : { ...chain, attested: { ...chain.attested, session } };
  }

  function chainCaller(proofs: Proofs['proofs']): IdentityChain | Refusal {
    const credential = proofs.find((proof) => !isCertificate(proof));
    const certificate = proofs.find(isCertificate);
    // Nothing says how more than one of a kind make one chain, and taking one of them would be guessing.
    if (proofs.length > Number(credential !== undefined) + Number(certificate !== undefined)) {
      return refuse('identity.unmapped', { detail: 'more than one proof of a kind' });
    }
    const base = credential === undefined || isCertificate(credential) ? undefined : chainOf(credential);
    if (isRefusal(base) || certificate === undefined) return base ?? refuse('identity.unmapped', { detail: 'no proof' });
    const holder = mapCertificate(certificate);
    if (holder === undefined) return refuse('identity.unmapped', { detail: 'no mapping for the authority' });
    if (base !== undefined)
      return freeze(joinCertificate(base, holder, credential !== undefined && 'claims' in credential && isBoundToCertificate(credential)));
    return holder.use === 'workload' ? freeze(chainWorkload(holder)) : refuse('identity.unmapped', { detail: 'a device is nobody' });
  }

  return function chain({ proofs, device }) {
    const base = chainCaller(proofs);
    if (isRefusal(base) || device === undefined) return base;
    if (joinDeviceToken === undefined) return refuse('identity.unmapped', { detail: 'no mapping for device tokens' });
    return freeze(joinDeviceToken(base, device));
  };
}

function isBoundToCertificate({ claims: { cnf } }: JwtProof): boolean {
  return typeof cnf === 'object' && cnf !== null && 'x5t#S256' in cnf;
}

function isCertificate(proof: Proof): proof is CertificateProof {
  return 'thumbprint' in proof;
}

function prepareIssuer(issuer: IssuerConfiguration): Issuer {
  const { alias, kind, subject, actor, claims, device, maxActors, clockSkewSeconds } = issuer;
  return {
    method: kind ?? 'jwt',
    mapSubject: makeMapParty(alias, subject, claims),
    ...(actor === undefined ? {} : { mapActor: makeMapParty(alias, actor, claims) }),
    maxActors,
    clockSkewSeconds,
    readDevice: makeReadDevice(device),
  };
}

function chainToken(proof: JwtProof, issuer: Issuer): IdentityChain | Refusal {
  const { method } = issuer;
  const claims = method === 'kubernetes' ? kubernetesClaims(proof.claims) : proof.claims;
  const subject = issuer.mapSubject({ claims, method });
  if (isRefusal(subject)) return subject;
  const assurance = readAssurance(claims);
  const originator: Principal = assurance === undefined ? subject : { ...subject, assurance };
  const actors = readActors(claims, originator, issuer);
  if (isRefusal(actors)) return actors;
  const token = describeToken(proof, method);
  if (isRefusal(token)) return token;
  const device = issuer.readDevice(claims);
  return join([originator, ...actors], token, device === undefined ? {} : { device });
}

/** A key is its holder's: one principal, named, with an owner who answers for it. */
function chainKey(key: VirtualKey): IdentityChain {
  const { kind, name, owner, roles, groups, claims } = key;
  const holder: Principal = { kind, id: `keys:${name}`, issuer: 'keys', method: 'virtual-key', roles, groups, claims, owner };
  return join([holder], describeKey(key), {});
}

function join(principals: readonly [Principal, ...Principal[]], token: TokenLink, attested: IdentityChain['attested']): IdentityChain {
  const [originator] = principals;
  return { chain: [...principals, token], principals, originator, caller: principals.at(-1) ?? originator, attested };
}
