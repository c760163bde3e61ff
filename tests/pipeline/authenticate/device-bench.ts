import { isRefusal } from '../../../gateway/errors.ts';
import { makeAccept } from '../../../gateway/pipeline/accept/accept.ts';
import { makeAuthenticate } from '../../../gateway/pipeline/authenticate/authenticate.ts';
import { makeVerifyDeviceToken } from '../../../gateway/pipeline/authenticate/device-token.ts';
import { makeJwtAuthenticator } from '../../../gateway/pipeline/authenticate/jwt.ts';
import { makeChain } from '../../../gateway/pipeline/chain/chain.ts';
import { heedRevocations, type Revocations } from '../../../gateway/pipeline/chain/heed-revocations.ts';
import type { AuthorityConfiguration, CertificateProof } from '../../../gateway/vocabulary/certificates.ts';
import type { IssuerConfiguration } from '../../../gateway/vocabulary/configuration.ts';
import type { DeviceTokenConfiguration } from '../../../gateway/vocabulary/device-token.ts';
import type { IdentityChain } from '../../../gateway/vocabulary/identity.ts';
import { makeRequest } from '../accept/request.ts';
import { freezeClock, keepLog } from './clock.ts';
import { claims, issuerConfiguration, jwk, keySet, mint, nowSeconds, otherRsa } from './issuer.ts';

export const header = 'x-device-token';

/** The issuer of access tokens: it names a device in them, where it knows one. */
const people: IssuerConfiguration = {
  ...issuerConfiguration,
  actor: { kind: 'agent', kinds: {}, id: 'sub', groupRoles: {} },
  device: { id: 'device.id', managed: 'device.managed', os: 'device.os' },
};

export const deviceToken: DeviceTokenConfiguration = {
  header,
  issuer: {
    ...issuerConfiguration,
    ...{ alias: 'mdm', issuer: 'https://mdm.example', jwks: { url: 'https://mdm.example/keys' }, audiences: ['regate-device'] },
    ...{ algorithms: ['RS256'], types: ['device+jwt', 'jwt'], maxLifetimeSeconds: 600 },
  },
  boundTo: 'principal',
  principal: { claim: 'sub', issuer: 'okta' },
  device: { id: 'device.id', managed: 'device.managed', os: 'device.os' },
};

export const deviceHeader = { alg: 'RS256', kid: 'mdm-1', typ: 'device+jwt' };
export const deviceClaims = {
  iss: 'https://mdm.example',
  sub: '00u1',
  aud: 'regate-device',
  jti: 'device-token-1',
  iat: nowSeconds - 10,
  exp: nowSeconds + 290,
  device: { id: 'C02XK1', managed: true, os: 'macOS' },
};

export const accessToken = (more: object = {}) => mint({ ...claims, ...more });
export const mintDevice = (more: object = {}, head: object = deviceHeader) => mint({ ...deviceClaims, ...more }, head, otherRsa.privateKey);

/** The certificates of these thumbprints hold: of a device, and of a workload. */
const authorities: readonly AuthorityConfiguration[] = (['device', 'workload'] as const).map((kind) => ({
  ...{ alias: kind, kind, ca: [], crl: [], device: kind === 'device' ? { managed: true } : {} },
  subject: { from: 'common-name', kind: 'service', idRoles: {}, sameAs: {} },
}));

const certificate = (use: 'device' | 'workload', name: string, thumbprint: string): CertificateProof => ({
  ...{ method: 'mtls', authority: use, use, name, thumbprint, notBefore: 0, notAfter: nowSeconds * 2000, evidence: 'peer' },
});

export const ofDevice = (name: string, thumbprint = 'thumbprint-1') => certificate('device', name, thumbprint);
export const ofWorkload = (name: string, thumbprint = 'thumbprint-1') => certificate('workload', name, thumbprint);

/** From the bytes of a head to the chain: the three stages as they are composed, with a stopped clock. */
export function makeDeviceBench(change: Partial<DeviceTokenConfiguration> = {}, revoked: ReadonlySet<string> = new Set()) {
  const clock = freezeClock();
  const { logger, lines } = keepLog();
  const configured = { ...deviceToken, ...change };
  const mdmKeys = { keys: [jwk(otherRsa.publicKey, { kid: 'mdm-1', alg: 'RS256', use: 'sig' })] };
  const jwt = {
    ...{ clock, logger, digestKey: Buffer.alloc(32, 7) },
    fetchKeys: async ({ url }: { readonly url: string }) => JSON.stringify(url.startsWith('https://mdm.') ? mdmKeys : keySet),
  };
  const accept = makeAccept({ newId: () => 'request', clock, deviceTokenHeader: configured.header });
  let held: CertificateProof | undefined;
  const authenticate = makeAuthenticate({
    authenticators: [makeJwtAuthenticator({ ...jwt, issuers: [people] })],
    certificates: { mode: 'optional', judge: () => held ?? { kind: 'refusal', code: 'certificate.invalid', reasons: [] } },
    deviceToken: makeVerifyDeviceToken({ ...jwt, deviceToken: configured }),
  });
  const revocations: Revocations = { isEmpty: () => false, has: (kind, id) => revoked.has(`${kind} ${id}`) };
  const chain = heedRevocations(makeChain({ issuers: [people], authorities, deviceToken: configured, clock }), revocations);

  /** @returns the chain, or the code of the refusal and its detail */
  async function ask(headers: readonly string[], proof?: CertificateProof): Promise<IdentityChain | string> {
    held = proof;
    const req = makeRequest({ headers });
    const accepted = accept.accept(accept.arrive(req), req);
    if (isRefusal(accepted)) return accepted.code;
    const presented = proof && { certificate: { evidence: 'peer' as const, leaf: Buffer.alloc(0), others: [] } };
    const proofs = await authenticate({ ...accepted, ...presented });
    const result = isRefusal(proofs) ? proofs : chain(proofs);
    return isRefusal(result) ? `${result.code}${result.detail === undefined ? '' : `: ${result.detail}`}` : result;
  }

  /** A request with an access token and a device token. */
  const show = (device: string, access = accessToken(), proof?: CertificateProof) =>
    ask(['authorization', `Bearer ${access}`, header, device], proof);

  return { ask, show, clock, lines };
}

/** What one device token beside Ada's access token comes to. */
export async function deviceVerdict(device: string, change: Partial<DeviceTokenConfiguration> = {}): Promise<string> {
  const result = await makeDeviceBench(change).show(device);
  return typeof result === 'string' ? result : 'accepted';
}
