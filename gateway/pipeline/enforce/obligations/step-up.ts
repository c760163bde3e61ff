import { refuse } from '../../../errors.ts';
import { type Asked, anyMfa, meets } from '../assurance.ts';
import { type Condition, holdsOnly } from '../mechanism.ts';

/** What may stand between quotes in a challenge, without blanks: `acr_values` is a list with blanks between. */
const acrForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/;
const mostAcr = 8;
const longestAge = 31_536_000;

/**
 * `step-up {acr | mfa, max_age}`: the person whom the request comes from must have been authenticated as asked. Whoever was not is told how to log in
 * again (RFC 9470). Where nobody can, because a program is behind the request and no person, it is blocked.
 *
 * @param needs `loginUrl`: the gateway's login page, where it has one
 */
export function makeStepUp({ loginUrl }: { readonly loginUrl?: string }): Condition {
  return {
    type: 'step-up',
    read(obligation) {
      const asked = readAsked(obligation['acr'], obligation['mfa'], obligation['max_age']);
      if (asked === undefined || !holdsOnly(obligation, ['acr', 'mfa', 'max_age'])) return undefined;
      return ({ originator, at }) => {
        if (meets(originator.assurance, asked, at)) return undefined;
        if (originator.kind !== 'person')
          return refuse('policy.obligation-blocked', { detail: 'a step-up is asked of somebody who is no person' });
        const { acr: acrValues, maxAgeSeconds } = asked;
        return refuse('identity.step-up-required', {
          challenge: { acrValues, ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }) },
          ...(loginUrl === undefined
            ? {}
            : {
                message: `The policy asks for a stronger or a more recent login. Log in again at ${addressOf(loginUrl, asked)} and come back with a new token.`,
              }),
        });
      };
    },
  };
}

/** One of `acr` (a value, or several of which any is enough) and `mfa: true`, an age in seconds, or both. */
function readAsked(acr: unknown, mfa: unknown, age: unknown): Asked | undefined {
  if ((acr !== undefined && mfa !== undefined) || (mfa !== undefined && mfa !== true)) return undefined;
  const values: readonly unknown[] = mfa === true ? [anyMfa] : acr === undefined ? [] : Array.isArray(acr) ? acr : [acr];
  if (acr !== undefined && values.length === 0) return undefined;
  if (values.length > mostAcr || !values.every((value): value is string => typeof value === 'string' && acrForm.test(value)))
    return undefined;
  if (age !== undefined && (typeof age !== 'number' || !Number.isSafeInteger(age) || age < 0 || age > longestAge)) return undefined;
  if (values.length === 0 && age === undefined) return undefined;
  return { acr: values, ...(age === undefined ? {} : { maxAgeSeconds: age }) };
}

function addressOf(loginUrl: string, { acr, maxAgeSeconds }: Asked): string {
  const url = new URL(loginUrl);
  if (acr.length > 0) url.searchParams.set('acr_values', acr.join(' '));
  if (maxAgeSeconds !== undefined) url.searchParams.set('max_age', String(maxAgeSeconds));
  return url.href;
}
