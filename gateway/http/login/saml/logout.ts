import { type Profile, SAML } from '@node-saml/passport-saml';
import type { Request } from 'express';
import type { Clock } from '../../../vocabulary/clock.ts';
import type { SamlProvider } from '../../../vocabulary/login.ts';
import type { Shelf } from '../../../vocabulary/session.ts';
import { queryText } from '../ask.ts';
import type { FoundSession, ProviderNames } from '../sessions.ts';
import type { SamlAddresses } from './addresses.ts';
import { checkAge, issuerOf, readNameId } from './assertion.ts';
import type { IdpMetadata } from './idp-metadata.ts';
import { noRequests, optionsOf } from './options.ts';
import { readRedirectRequest } from './redirect-message.ts';
import { idOf, readLogoutRequest } from './shape.ts';
import { attribute, children, instant, isNamed, namespaces, parseXml, textOf, type XmlElement, XmlProblem } from './xml.ts';

export interface SamlLogoutNeeds {
  readonly provider: SamlProvider;
  readonly addresses: SamlAddresses;
  readonly shelf: Shelf;
  readonly clock: Pick<Clock, 'now'>;
}

/** A logout that the provider asks for. */
export interface LogoutRequest {
  readonly id: string;
  /** Whose sessions end: one entry for each session that the request names. */
  readonly names: readonly ProviderNames[];
  readonly relayState?: string;
}

/** Single logout (SAML 2.0 Profiles section 4.4), in both directions. */
export function makeSamlLogout({ provider, addresses, shelf, clock }: SamlLogoutNeeds) {
  return {
    /** Where a browser goes to end the provider's login, too; `undefined` where the provider or the gateway has no single logout. */
    async request(idp: IdpMetadata, { kept }: FoundSession): Promise<string | undefined> {
      if (idp.singleLogout === undefined || provider.signing === undefined || kept.provider.subject === '') return undefined;
      const { format, nameQualifier, spNameQualifier } = kept.nameId ?? {};
      const user = {
        issuer: idp.entityId,
        nameID: kept.provider.subject,
        nameIDFormat: format ?? 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
        ...(nameQualifier === undefined ? {} : { nameQualifier }),
        ...(spNameQualifier === undefined ? {} : { spNameQualifier }),
        ...(kept.provider.session === undefined ? {} : { sessionIndex: kept.provider.session }),
      } satisfies Profile;
      return new SAML(optionsOf(provider, idp, addresses, noRequests)).getLogoutUrlAsync(user, '', {});
    },

    /** Reads a logout request, by redirect or by form. It counts once. @throws XmlProblem */
    async read(idp: IdpMetadata, req: Request): Promise<LogoutRequest> {
      const { root, relayState } = req.method === 'GET' ? fromRedirect(req, idp) : await fromForm(req, idp);
      const now = clock.now();
      const skewMs = provider.clockSkewSeconds * 1000;
      const maxAgeMs = provider.maxAssertionAgeSeconds * 1000;
      if (!isNamed(root, namespaces.protocol, 'LogoutRequest') || attribute(root, 'Version') !== '2.0')
        throw new XmlProblem('this is no SAML logout request');
      if (issuerOf(root) !== idp.entityId) throw new XmlProblem('the logout request has another issuer');
      if (attribute(root, 'Destination') !== addresses.slo) throw new XmlProblem('the logout request has another destination');
      checkAge(root, { now, skewMs, maxAgeMs });
      const until = instant(root, 'NotOnOrAfter');
      if (until !== undefined && until <= now - skewMs) throw new XmlProblem('the logout request has expired');
      const nameId = readNameId(root);
      if (nameId === undefined) throw new XmlProblem('the logout request names nobody');
      const id = idOf(root);
      if (!(await shelf.add(`logout-request:${provider.alias}:${id}`, '1', now + maxAgeMs + 2 * skewMs)))
        throw new XmlProblem('the logout request has been used');
      const indexes = children(root, namespaces.protocol, 'SessionIndex').map(textOf);
      const named = { alias: provider.alias, subject: nameId.value };
      const names = indexes.length === 0 ? [named] : indexes.map((session) => ({ ...named, session }));
      return { id, names, ...(relayState === undefined ? {} : { relayState }) };
    },

    /** The signed answer, as the address where the browser carries it. `undefined` where the provider has no such place. */
    async answer(idp: IdpMetadata, { id, relayState }: LogoutRequest): Promise<string | undefined> {
      if (idp.logoutResponse === undefined || provider.signing === undefined) return undefined;
      const saml = new SAML({ ...optionsOf(provider, idp, addresses, noRequests), logoutUrl: idp.logoutResponse });
      const asked = { ID: id, issuer: idp.entityId, nameID: '', nameIDFormat: '' } satisfies Profile;
      return saml.getLogoutResponseUrlAsync(asked, relayState ?? '', {}, true);
    },
  };

  function fromRedirect(req: Request, idp: IdpMetadata): { readonly root: XmlElement; readonly relayState?: string } {
    const { xml, relayState } = readRedirectRequest(queryText(req.url), idp.certificates);
    return { root: parseXml(xml), ...(relayState === undefined ? {} : { relayState }) };
  }

  async function fromForm(req: Request, idp: IdpMetadata): Promise<{ readonly root: XmlElement; readonly relayState?: string }> {
    const form = (req.body ?? {}) as Readonly<Record<string, unknown>>;
    const { SAMLRequest: message, RelayState: relayState } = form;
    if (typeof message !== 'string') throw new XmlProblem('there is no logout request');
    const root = readLogoutRequest(message);
    try {
      await new SAML(optionsOf(provider, idp, addresses, noRequests)).validatePostRequestAsync({ SAMLRequest: message });
    } catch (cause) {
      throw new XmlProblem('the signature does not hold', { cause });
    }
    return { root, ...(typeof relayState === 'string' ? { relayState } : {}) };
  }
}
