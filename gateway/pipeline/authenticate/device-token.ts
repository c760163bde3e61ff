import { isRefusal, type Refusal, refuse } from '../../errors.ts';
import { isObject } from '../../json/is-object.ts';
import { knowCredential } from '../../secret/known.ts';
import type { DeviceTokenConfiguration } from '../../vocabulary/device-token.ts';
import type { JwtProof } from '../../vocabulary/proofs.ts';
import type { Secret } from '../../vocabulary/secret.ts';
import { refuseBinding } from './binding.ts';
import { type JwtNeeds, makeJwtAuthenticator } from './jwt.ts';

/**
 * Verifies a device token that was presented beside a credential.
 *
 * @param thumbprint of the certificate that came with the request and holds
 * @returns proof, or `credential.device-token-invalid`, `credential.device-token-expired`, `credential.certificate-missing`,
 *   `credential.certificate-mismatch`, `credential.issuer-unavailable`
 */
export type VerifyDeviceToken = (token: Secret, thumbprint: string | undefined) => Promise<JwtProof | Refusal>;

export type DeviceTokenNeeds = Pick<JwtNeeds, 'fetchKeys' | 'clock' | 'logger' | 'digestKey'> & {
  readonly deviceToken: Pick<DeviceTokenConfiguration, 'issuer' | 'boundTo'>;
};

/**
 * Makes the verification of device tokens: the very one of access tokens (RFC 8725), and what keeps the two apart. A device token has one audience, which
 * is not that of access tokens, so no token is both; and it says when it was made, so that its life can be measured from there.
 *
 * Whom it names is compared by the chain stage, which knows who calls.
 */
export function makeVerifyDeviceToken({ deviceToken, ...needs }: DeviceTokenNeeds): VerifyDeviceToken {
  const authenticateJwt = makeJwtAuthenticator({ ...needs, issuers: [deviceToken.issuer] });

  return async function verifyDeviceToken(token, thumbprint) {
    const proof = await authenticateJwt(token);
    if (proof === undefined) return invalid('it is no JWT');
    if (isRefusal(proof)) return asDeviceToken(proof);
    if (!('claims' in proof)) return invalid('it is no JWT');
    const { aud, iat, cnf } = proof.claims;
    if (Array.isArray(aud) && aud.length !== 1) return invalid('it is for several audiences');
    if (iat === undefined) return invalid('iat is missing');
    // The key of a DPoP proof would be proved for the credential, and nobody proves it for this token.
    if (isObject(cnf) && 'jkt' in cnf) return invalid('it is bound to a key that nobody proves to hold');
    if (deviceToken.boundTo === 'certificate' && cnf === undefined) return invalid('it is bound to no certificate');
    const foreign = refuseBinding(proof, thumbprint);
    if (foreign !== undefined) return foreign;
    knowCredential(token.reveal());
    return proof;
  };
}

/** What an access token would be refused with, said of the device token: the caller must know which of the two to renew. */
function asDeviceToken({ code, detail }: Refusal): Refusal {
  if (code === 'credential.issuer-unavailable') return refuse(code, { detail: 'the issuer of device tokens' });
  return code === 'credential.expired' ? refuse('credential.device-token-expired') : invalid(detail ?? code);
}

function invalid(detail: string): Refusal {
  return refuse('credential.device-token-invalid', { detail: `the device token: ${detail}` });
}
