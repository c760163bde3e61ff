import { type Profile, Strategy, type VerifiedCallback } from '@node-saml/passport-saml';
import { isRefusal } from '../../../errors.ts';
import type { Clock } from '../../../vocabulary/clock.ts';
import type { SamlProvider } from '../../../vocabulary/login.ts';
import type { Shelf } from '../../../vocabulary/session.ts';
import type { Wish } from '../ask.ts';
import { acrForProvider, type Proven } from '../establish.ts';
import type { MapPerson } from '../map-person.ts';
import type { PendingLogins } from '../pending.ts';
import type { RefusedLogin } from '../session-records.ts';
import type { SamlAddresses } from './addresses.ts';
import { checkResponse, type Expected, readAssertion, type Said } from './assertion.ts';
import type { IdpMetadata } from './idp-metadata.ts';
import { noRequests, optionsOf } from './options.ts';
import type { ResponseShape } from './shape.ts';
import { parseXml, XmlProblem } from './xml.ts';

export interface SamlStrategyNeeds {
  readonly provider: SamlProvider;
  readonly addresses: SamlAddresses;
  readonly mapPerson: MapPerson;
  readonly pending: PendingLogins;
  readonly shelf: Shelf;
  readonly clock: Pick<Clock, 'now'>;
}

const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const transient = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';

/** The strategy that sends a browser to the provider. The ID of its request is kept as a pending login of this browser. */
export function makeStart(needs: SamlStrategyNeeds, idp: IdpMetadata, wish: Wish, browser: string): Strategy {
  const { provider, addresses, pending } = needs;
  const requests = {
    ...noRequests,
    async saveAsync(id: string, value: string) {
      await pending.put(id, { ...wish, alias: provider.alias, browser });
      return { value, createdAt: 0 };
    },
  };
  const acr = acrForProvider(wish.asked, provider);
  const asked = acr.length === 0 ? {} : { disableRequestedAuthnContext: false, authnContext: [...acr], racComparison: 'exact' as const };
  // SAML knows no age of an authentication: it is asked for anew, and the answer's AuthnInstant tells.
  const anew = wish.asked.maxAgeSeconds === undefined ? {} : { forceAuthn: true };
  return new Strategy({ ...optionsOf(provider, idp, addresses, requests), ...asked, ...anew }, unexpected, unexpected);
}

/** The strategy that takes a response, whose shape has been checked, as the answer to a pending login that has been taken. */
export function makeAcs(needs: SamlStrategyNeeds, idp: IdpMetadata, { response }: ResponseShape, inResponseTo: string): Strategy {
  const { provider, addresses } = needs;
  const requests = {
    ...noRequests,
    // The login has been taken off the shelf, so this ID is good for this one look.
    getAsync: async (id: string) => (id === inResponseTo ? new Date().toISOString() : null),
  };
  const expected: Expected = {
    idpEntityId: idp.entityId,
    audience: provider.entityId,
    recipient: addresses.acs,
    inResponseTo,
    now: needs.clock.now(),
    skewMs: provider.clockSkewSeconds * 1000,
    maxAgeMs: provider.maxAssertionAgeSeconds * 1000,
  };

  function verify(profile: Profile | null, done: VerifiedCallback): void {
    judge(profile).then(
      (outcome) => ('code' in outcome ? done(null, undefined, { ...outcome }) : done(null, { ...outcome })),
      (error: Error) => done(error),
    );
  }

  /** node-saml has checked both signatures. What it does not look at (destination, recipient, issuer, …) is checked here, on what was signed. */
  async function judge(profile: Profile | null): Promise<Proven | RefusedLogin> {
    const refused = (detail: string): RefusedLogin => ({ code: 'login.refused', provider: provider.alias, detail });
    const xml = profile?.getAssertionXml?.();
    if (xml === undefined) return refused('the response holds no assertion');
    let said: Said;
    try {
      checkResponse(response, expected);
      said = readAssertion(parseXml(xml), expected);
    } catch (error) {
      if (error instanceof XmlProblem) return refused(error.message);
      throw error;
    }
    // Every assertion counts once, whatever request it answers.
    if (!(await needs.shelf.add(`assertion:${provider.alias}:${said.id}`, '1', Math.ceil(said.until))))
      return refused('the assertion has been used');
    return prove(needs, said);
  }

  return new Strategy(optionsOf(provider, idp, addresses, requests), verify, unexpected);
}

function prove({ provider, mapPerson }: SamlStrategyNeeds, said: Said): Proven | RefusedLogin {
  const { nameId, attributes, authnContext, authTime, sessionIndex, sessionEndsAt } = said;
  if (provider.identifiedBy === 'name-id' && nameId?.format !== persistent) {
    const what = nameId?.format === transient ? 'transient: it names somebody else at every login' : 'not persistent';
    return { code: 'identity.unmapped', provider: provider.alias, detail: `the NameID is ${what}` };
  }
  const own = [...attributes].map(([name, values]): [string, unknown] => [name, values.length === 1 ? values[0] : values]);
  const claims = Object.fromEntries(provider.identifiedBy === 'name-id' ? [...own, ['name-id', nameId?.value]] : own);
  const time = authTime === undefined ? {} : { authTime };
  const person = mapPerson({ claims, amr: [], ...(authnContext === undefined ? {} : { acr: authnContext }), ...time });
  if (isRefusal(person))
    return { code: person.code, provider: provider.alias, ...(person.detail === undefined ? {} : { detail: person.detail }) };
  const { value, ...named } = nameId ?? { value: '' };
  return {
    provider,
    person,
    amr: [],
    ...time,
    names: { subject: value, ...(sessionIndex === undefined ? {} : { session: sessionIndex }) },
    ...(sessionEndsAt === undefined ? {} : { endsAt: sessionEndsAt }),
    kept: { nameId: named },
  };
}

function unexpected(_profile: Profile | null, done: VerifiedCallback): void {
  done(new Error('this door takes no such message'));
}
