import type { JudgeCertificate } from '../../certificates/certificates.ts';
import { isRefusal, type Refusal, refuse } from '../../errors.ts';
import { knowCredential } from '../../secret/known.ts';
import type { CertificateProof, ClientCertificatesConfiguration } from '../../vocabulary/certificates.ts';
import type { Proof, Proofs } from '../../vocabulary/proofs.ts';
import type { Headed } from '../../vocabulary/request.ts';
import type { Secret } from '../../vocabulary/secret.ts';
import { refuseBinding } from './binding.ts';
import { confirmDpop, needsDpop } from './confirm-dpop.ts';
import type { VerifyDeviceToken } from './device-token.ts';
import type { Dpop } from './dpop.ts';

/**
 * One way to prove who calls. It looks at the shape of a credential first and gives `undefined` where the shape is not its own; once it has
 * recognised the shape its word is final: a proof or a refusal. It answers at once where it can, so that a cached token costs no turn of the
 * event loop.
 */
export type Authenticator = (credential: Secret) => Proof | Refusal | undefined | Promise<Proof | Refusal | undefined>;

export interface AuthenticateNeeds {
  /** Asked in order; their shapes do not overlap. */
  readonly authenticators: readonly Authenticator[];
  /** Absent where client certificates are not configured. */
  readonly certificates?: { readonly mode: ClientCertificatesConfiguration['mode']; readonly judge: JudgeCertificate };
  /** Verifies proofs of the keys that tokens are bound to; absent where the gateway has no public URL. */
  readonly dpop?: Dpop;
  /** Absent where none are configured. */
  readonly deviceToken?: VerifyDeviceToken;
}

/**
 * Makes the stage that decides which credentials hold: the one in the head, and the certificate of the connection or of a trusted proxy's word.
 *
 * @returns the proofs, the head's first; or `credential.missing`, `credential.conflicting`, `credential.malformed`, or what the mechanism of the
 *   credential's shape refuses with; `certificate.*` for certificates; `credential.device-token-*` for a device token beside them. A credential that fails is never tried as something weaker, and never left
 *   aside because another one holds.
 */
export function makeAuthenticate(needs: AuthenticateNeeds): (headed: Headed) => Promise<Proofs | Refusal> {
  const { authenticators, certificates, dpop, deviceToken } = needs;

  function proveCertificate({ certificate }: Headed): CertificateProof | Refusal | undefined {
    if (certificates === undefined) return undefined;
    if (certificate !== undefined) return certificates.judge(certificate);
    return certificates.mode === 'required' ? refuse('certificate.missing') : undefined;
  }

  async function proveCredential({ credentials }: Headed): Promise<Proof | Refusal | undefined> {
    const [first, second] = credentials;
    if (first === undefined) return undefined;
    // The same value in both places is one credential: some clients set both headers. Two values are two callers, and choosing would be guessing.
    if (second !== undefined && second.value.reveal() !== first.value.reveal()) return refuse('credential.conflicting');
    for (const authenticator of authenticators) {
      const answer = authenticator(first.value);
      const result = answer instanceof Promise ? await answer : answer;
      if (result === undefined) continue;
      // It holds, so it is not a text that somebody chose to have cut out of records.
      if (!isRefusal(result)) knowCredential(first.value.reveal());
      return result;
    }
    return refuse('credential.malformed');
  }

  async function proveCaller(headed: Headed): Promise<Proofs | Refusal> {
    const certificate = proveCertificate(headed);
    if (isRefusal(certificate)) return certificate;
    const credential = await proveCredential(headed);
    if (isRefusal(credential)) return credential;
    if (credential === undefined) return certificate?.use === 'workload' ? { proofs: [certificate] } : refuseNobody(headed, certificate);
    const unbound =
      refuseBinding(credential, certificate?.thumbprint) ??
      (needsDpop(headed, credential) ? await confirmDpop(headed, credential, dpop) : undefined);
    if (unbound !== undefined) return unbound;
    return { proofs: certificate === undefined ? [credential] : [credential, certificate] };
  }

  return async function authenticate(headed) {
    const proved = await proveCaller(headed);
    if (isRefusal(proved) || headed.deviceToken === undefined) return proved;
    if (deviceToken === undefined) return refuse('credential.device-token-invalid', { detail: 'device tokens are not taken here' });
    const device = await deviceToken(headed.deviceToken, proved.proofs.find((proof) => 'thumbprint' in proof)?.thumbprint);
    return isRefusal(device) ? device : { ...proved, device };
  };
}

function refuseNobody({ ignoredFields }: Headed, certificate: CertificateProof | undefined): Refusal {
  // A device says where somebody sits, not who it is.
  if (certificate !== undefined) return refuse('credential.missing', { detail: 'a device certificate alone' });
  return refuse(
    'credential.missing',
    ignoredFields === undefined ? {} : { detail: 'a certificate header of an untrusted peer was ignored' },
  );
}
