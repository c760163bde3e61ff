import { type Login, type LoginNeeds, makeLogin } from '../http/login/login.ts';
import { readSecrets } from '../http/login/session-cookie.ts';
import { openSessionStore } from '../http/login/stores/store.ts';
import type { Configuration } from '../vocabulary/configuration.ts';

export type OpenLoginNeeds = Pick<LoginNeeds, 'arrive' | 'log' | 'newId' | 'clock' | 'logger'>;

/**
 * Opens the login of people, where one is configured.
 * @throws Breakage `login.unavailable` where its secrets or its file cannot be read
 */
export async function openLogin(configuration: Configuration, needs: OpenLoginNeeds): Promise<Login | undefined> {
  const { login, labels, record } = configuration;
  if (login === undefined) return undefined;
  const secrets = readSecrets(login.sessions);
  const store = await openSessionStore({ store: login.sessions.store, clock: needs.clock, logger: needs.logger });
  return makeLogin({ ...needs, login, store, secrets, labels, anonymousPerSecond: record.anonymousPerSecond });
}
