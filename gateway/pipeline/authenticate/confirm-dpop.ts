import { isRefusal, type Refusal, refuse } from '../../errors.ts';
import { isObject } from '../../json/is-object.ts';
import type { Proof } from '../../vocabulary/proofs.ts';
import type { Headed } from '../../vocabulary/request.ts';
import type { Dpop } from './dpop.ts';

/** Whether there is a key to be proved, or a proof to be judged: with most requests neither, and those are not kept waiting. */
export function needsDpop({ credentials: [credential] }: Headed, proof: Proof): boolean {
  return credential?.scheme === 'dpop' || isObject(confirmationOf(proof));
}

function confirmationOf(proof: Proof): unknown {
  return 'claims' in proof ? proof.claims['cnf'] : undefined;
}

/**
 * Checks that whoever presents a token that is bound to a key (`cnf.jkt`, RFC 9449 section 6.1) has that key. A bound token that comes as a plain bearer
 * token is a stolen one; a proof beside a token that is not bound to its key proves nothing and is refused as well.
 *
 * @param dpop absent where the gateway does not know under which URL it is reached: bound tokens are then refused
 * @returns nothing where it holds; `credential.proof-missing`, `credential.proof-invalid`
 */
export async function confirmDpop(accepted: Headed, proof: Proof, dpop: Dpop | undefined): Promise<Refusal | undefined> {
  const [credential] = accepted.credentials;
  const cnf = confirmationOf(proof);
  const bound = isObject(cnf) && 'jkt' in cnf;
  const shown = credential?.scheme === 'dpop';
  if (!bound) {
    return shown ? refuse('credential.proof-invalid', { detail: 'a DPoP proof with a token that is bound to no key' }) : undefined;
  }
  if (!shown || accepted.dpop === undefined || credential === undefined) return refuse('credential.proof-missing');
  if (dpop === undefined) return refuse('credential.proof-invalid', { detail: 'the gateway has no public URL to compare the proof with' });
  const { method, path } = accepted;
  const jkt = await dpop.verify(accepted.dpop, { method, path, token: credential.value.reveal() });
  if (isRefusal(jkt)) return jkt;
  return jkt === cnf['jkt'] ? undefined : refuse('credential.proof-invalid', { detail: 'the proof is of another key' });
}
