import { Router, urlencoded } from 'express';
import * as client from 'openid-client';
import { isRefusal } from '../../../errors.ts';
import type { OidcProvider } from '../../../vocabulary/login.ts';
import { queryText, readWish } from '../ask.ts';
import { nameBrowser } from '../browser.ts';
import { makeMapPerson } from '../map-person.ts';
import type { Provider, ProviderNeeds, Tell, Visit } from '../provider.ts';
import { runStrategy } from '../run-strategy.ts';
import { makeDiscovery } from './discovery.ts';
import { makeReadLogoutToken } from './logout-token.ts';
import { type Answered, OidcCallback, OidcStart, type OidcStrategyNeeds } from './strategy.ts';

/** OpenID Connect Back-Channel Logout section 2.8: an error is a JSON object of OAuth's kind. */
const tellProvider: Tell = (res, _refused) => void res.status(400).json({ error: 'invalid_request' });

/** Makes the doors of an OpenID Connect provider: `start`, `callback` and `backchannel-logout`. */
export function makeOidcProvider(provider: OidcProvider, needs: ProviderNeeds): Provider {
  const { publicUrl, pending, establish, serve, sessions, records, shelf, clock } = needs;
  const { alias } = provider;
  const discovery = makeDiscovery(provider, clock);
  const readLogoutToken = makeReadLogoutToken({ provider, discovery, shelf, clock });
  const strategy: OidcStrategyNeeds = {
    provider,
    discovery,
    redirectUri: `${publicUrl}/auth/oidc/${alias}/callback`,
    mapPerson: makeMapPerson(provider, 'oidc'),
    pending,
  };

  const start: Visit = async (req, res) => {
    const wish = readWish(new URLSearchParams(queryText(req.url)));
    if (isRefusal(wish)) return { code: wish.code, provider: alias };
    const outcome = await runStrategy(new OidcStart(strategy, wish, nameBrowser(req, res)), req, res);
    return 'refused' in outcome ? outcome.refused : undefined;
  };

  const callback: Visit = async (req, res, arrival) => {
    const outcome = await runStrategy<Answered>(new OidcCallback(strategy), req, res);
    if ('refused' in outcome) return outcome.refused;
    if ('answered' in outcome) return undefined;
    const { proven, wish } = outcome.proven;
    return establish(proven, wish, arrival, req, res);
  };

  const backchannelLogout: Visit = async (req, res, arrival) => {
    const token: unknown = (req.body as Record<string, unknown> | undefined)?.['logout_token'];
    if (typeof token !== 'string') return { code: 'login.logout-refused', provider: alias, detail: 'there is no logout token' };
    const names = await readLogoutToken(token);
    if (typeof names === 'string') return { code: 'login.logout-refused', provider: alias, detail: names };
    for (const id of await sessions.named(names)) {
      const ended = await sessions.end(id);
      if (ended !== undefined) await records.end(ended, 'provider-logout', arrival);
    }
    res.status(200).end();
    return undefined;
  };

  const doors = Router();
  doors.get('/start', serve(start));
  doors.get('/callback', serve(callback));
  doors.post(
    '/backchannel-logout',
    urlencoded({ extended: false, limit: 65_536, parameterLimit: 10 }),
    serve(backchannelLogout, tellProvider),
  );
  return {
    choice: { kind: 'oidc', alias, name: provider.name },
    doors,
    leadsTo() {
      const end = discovery.known()?.configuration.serverMetadata().end_session_endpoint;
      return end === undefined ? [] : [new URL(end).origin];
    },
    async leave({ kept }) {
      const { configuration } = await discovery.get();
      if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
      return client.buildEndSessionUrl(configuration, {
        post_logout_redirect_uri: `${publicUrl}/auth/logged-out`,
        ...(kept.idToken === undefined ? {} : { id_token_hint: kept.idToken }),
      }).href;
    },
  };
}
