import type { Proofs } from '../../vocabulary/proofs.ts';
import type { MayAct } from '../../vocabulary/tokens.ts';

/**
 * Reads `may_act` (RFC 8693 section 4.4): who alone may act for the subject. A subject is named together with its issuer: that of the token itself, unless it
 * names another. Without that, whoever has the same name at some other issuer would be meant, too.
 *
 * @returns whom it names; `anybody` where the token says nothing, `nobody` where what it says cannot be read
 */
export function readMayAct({ proofs: [subject] }: Proofs): MayAct | 'anybody' | 'nobody' {
  if (subject.method !== 'jwt') return 'anybody';
  const named = subject.claims['may_act'];
  if (named === undefined) return 'anybody';
  if (typeof named !== 'object' || named === null || Array.isArray(named)) return 'nobody';
  const { sub, iss = subject.claims['iss'] } = named as Readonly<Record<string, unknown>>;
  return typeof sub === 'string' && sub !== '' && typeof iss === 'string' ? { sub, iss } : 'nobody';
}

/** Whether the actor's own token is of whom it names. */
export function isNamed(named: MayAct | 'anybody' | 'nobody', { proofs: [actor] }: Proofs): boolean {
  if (named === 'anybody') return true;
  return named !== 'nobody' && actor.method === 'jwt' && actor.claims['sub'] === named.sub && actor.claims['iss'] === named.iss;
}
