import { isRefusal, type Refusal } from '../../errors.ts';
import { type MapParty, makeMapParty } from '../../pipeline/chain/map-party.ts';
import type { Assurance, Principal } from '../../vocabulary/identity.ts';
import type { LoginProvider } from '../../vocabulary/login.ts';

/** What a provider has proved of a login. */
export interface Word {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly acr?: string;
  readonly amr: readonly string[];
  /** Milliseconds since the epoch; absent where the provider does not say. */
  readonly authTime?: number;
}

/** Maps what a provider says to a person, or refuses with `identity.unmapped`. */
export type MapPerson = (word: Word) => Principal | Refusal;

/** Makes the mapping of one provider, by the same rules as for the tokens of an issuer. */
export function makeMapPerson(provider: LoginProvider, method: 'oidc' | 'saml'): MapPerson {
  const map: MapParty = makeMapParty(provider.alias, provider.subject, provider.claims);
  return (word) => {
    const person = map({ claims: word.claims, method });
    if (isRefusal(person)) return person;
    return { ...person, assurance: assuranceOf(word, provider.mfa) };
  };
}

/** More than one factor: where one of the provider's own words for it is there. Known to be one only where it said something and none of them is. */
function assuranceOf({ acr, amr, authTime }: Word, mfa: LoginProvider['mfa']): Assurance {
  const strong = amr.some((method) => mfa.amr.includes(method)) || (acr !== undefined && mfa.acr.includes(acr));
  const said = amr.length > 0 || (acr !== undefined && mfa.acr.length > 0);
  return {
    ...(strong || said ? { mfa: strong } : {}),
    ...(acr === undefined ? {} : { acr }),
    ...(authTime === undefined ? {} : { auth_time: new Date(authTime).toISOString() }),
  };
}
