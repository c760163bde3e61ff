import { type Request, type Response, Router, urlencoded } from 'express';
import { Breakage, isRefusal } from '../../../errors.ts';
import { makeFreshFile } from '../../../files/fresh-file.ts';
import type { SamlProvider } from '../../../vocabulary/login.ts';
import { queryText, readWish } from '../ask.ts';
import { browserOf, nameBrowser } from '../browser.ts';
import type { Proven } from '../establish.ts';
import { makeMapPerson } from '../map-person.ts';
import type { Provider, ProviderNeeds, Visit } from '../provider.ts';
import { runStrategy, type StrategyOutcome } from '../run-strategy.ts';
import type { RefusedLogin } from '../session-records.ts';
import { addressesOf } from './addresses.ts';
import { requestOf } from './assertion.ts';
import { type IdpMetadata, readIdpMetadata } from './idp-metadata.ts';
import { makeSamlLogout } from './logout.ts';
import { type ResponseShape, readResponse } from './shape.ts';
import { writeSpMetadata } from './sp-metadata.ts';
import { makeAcs, makeStart, type SamlStrategyNeeds } from './strategy.ts';
import { XmlProblem } from './xml.ts';

/** Makes the doors of a SAML identity provider: `start`, `acs`, `slo` and `metadata`. */
export function makeSamlProvider(provider: SamlProvider, needs: ProviderNeeds): Provider {
  const { publicUrl, pending, establish, serve, sessions, records, shelf, clock, logger } = needs;
  const { alias } = provider;
  const addresses = addressesOf(publicUrl, provider);
  const strategy: SamlStrategyNeeds = { provider, addresses, mapPerson: makeMapPerson(provider, 'saml'), pending, shelf, clock };
  const logout = makeSamlLogout({ provider, addresses, shelf, clock });
  const file = makeFreshFile<IdpMetadata>({
    path: provider.metadataFile,
    what: `the metadata of the identity provider ${alias}`,
    parse: (text) => readIdpMetadata(text, clock.now()),
    clock,
    logger,
  });
  const refused = (detail: string): RefusedLogin => ({ code: 'login.refused', provider: alias, detail });

  function idpOf(): IdpMetadata {
    const idp = file.current();
    if (idp === undefined)
      throw new Breakage('login.provider-unavailable', `There are no metadata of the identity provider ${alias} to go by.`);
    return idp;
  }

  const start: Visit = async (req, res) => {
    const wish = readWish(new URLSearchParams(queryText(req.url)));
    if (isRefusal(wish)) return { code: wish.code, provider: alias };
    const outcome = await runStrategy(makeStart(strategy, idpOf(), wish, nameBrowser(req, res)), req, res);
    return 'refused' in outcome ? outcome.refused : undefined;
  };

  const acs: Visit = async (req, res, arrival) => {
    const message: unknown = (req.body as Record<string, unknown> | undefined)?.['SAMLResponse'];
    if (typeof message !== 'string') return refused('there is no response');
    let shape: ResponseShape;
    try {
      shape = readResponse(message);
    } catch (error) {
      if (error instanceof XmlProblem) return refused(error.message);
      throw error;
    }
    const inResponseTo = requestOf(shape.response);
    const begun = inResponseTo === '' ? undefined : await pending.take(inResponseTo, alias, browserOf(req));
    if (begun === undefined) return { code: 'login.not-begun-here', provider: alias };
    const outcome = await take(makeAcs(strategy, idpOf(), shape, inResponseTo), req, res);
    if ('refused' in outcome) return outcome.refused;
    return 'answered' in outcome ? undefined : establish(outcome.proven, begun, arrival, req, res);
  };

  async function take(acsStrategy: object, req: Request, res: Response): Promise<StrategyOutcome<Proven>> {
    try {
      return await runStrategy<Proven>(acsStrategy, req, res);
    } catch (error) {
      // What node-saml does not accept it throws; its messages hold parts of the response.
      if (error instanceof Breakage || !(error instanceof Error)) throw error;
      return { refused: refused('the signatures or the conditions do not hold') };
    }
  }

  const slo: Visit = async (req, res, arrival) => {
    // The answer to a logout of ours: the session ended before it was asked for, so nothing depends on what it says.
    if (
      /(^|&)SAMLResponse=/.test(queryText(req.url)) ||
      (req.body as Record<string, unknown> | undefined)?.['SAMLResponse'] !== undefined
    ) {
      res.redirect(303, '/auth/logged-out');
      return undefined;
    }
    const idp = idpOf();
    let request: Awaited<ReturnType<typeof logout.read>>;
    try {
      request = await logout.read(idp, req);
    } catch (error) {
      if (error instanceof XmlProblem) return { code: 'login.logout-refused', provider: alias, detail: error.message };
      throw error;
    }
    for (const id of (await Promise.all(request.names.map((names) => sessions.named(names)))).flat()) {
      const ended = await sessions.end(id);
      if (ended !== undefined) await records.end(ended, 'provider-logout', arrival);
    }
    res.redirect(303, (await logout.answer(idp, request)) ?? '/auth/logged-out');
    return undefined;
  };

  // A response with both signatures and many attributes has some 20 kB; the message itself is limited where it is read.
  const form = urlencoded({ extended: false, limit: 512 * 1024, parameterLimit: 10 });
  const doors = Router();
  doors.get('/start', serve(start));
  doors.post('/acs', form, serve(acs));
  doors.get('/slo', serve(slo));
  doors.post('/slo', form, serve(slo));
  doors.get('/metadata', (_req, res) => void res.type('application/samlmetadata+xml').send(writeSpMetadata(provider, addresses)));
  return {
    choice: { kind: 'saml', alias, name: provider.name },
    doors,
    leadsTo() {
      const logoutAt = provider.signing === undefined ? undefined : file.current()?.singleLogout;
      return logoutAt === undefined ? [] : [new URL(logoutAt).origin];
    },
    leave: (found) => logout.request(idpOf(), found),
  };
}
