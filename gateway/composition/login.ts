import { Breakage } from '../errors.ts';
import { type Login, type LoginNeeds, makeLogin } from '../http/login/login.ts';
import { readSecrets } from '../http/login/session-cookie.ts';
import { openSessionStore } from '../http/login/stores/store.ts';
import type { RevocationStore } from '../registry/revocation.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Configuration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Session } from '../vocabulary/session.ts';

export interface OpenLoginNeeds extends Pick<LoginNeeds, 'arrive' | 'log' | 'newId' | 'clock' | 'logger'> {
  /** Where the tokens of a session that has ended are taken back; absent where there is no such list. */
  readonly revocations: RevocationStore | undefined;
}

/**
 * Opens the login of people, where one is configured.
 * @throws Breakage `login.unavailable` where its secrets or its file cannot be read
 */
export async function openLogin(configuration: Configuration, needs: OpenLoginNeeds): Promise<Login | undefined> {
  const { login, labels, record } = configuration;
  if (login === undefined) return undefined;
  const secrets = readSecrets(login.sessions);
  const store = await openSessionStore({ store: login.sessions.store, clock: needs.clock, logger: needs.logger });
  const { revocations } = needs;
  const ended = revocations && takeBack(revocations, needs.clock, needs.logger);
  return makeLogin({ ...needs, ...(ended && { ended }), login, store, secrets, labels, anonymousPerSecond: record.anonymousPerSecond });
}

/**
 * With a session end the access tokens that came of it, on every node: the revocation holds until the session would have ended by itself, when none of its
 * tokens can be good any more. A list that cannot be written to does not keep anybody logged in; his tokens then hold until they expire, and the log says so.
 */
function takeBack(revocations: RevocationStore, clock: Clock, logger: Logger) {
  return async ({ id, endsAt }: Session): Promise<void> => {
    const now = clock.now();
    try {
      await revocations.add({ kind: 'session', id, at: new Date(now).toISOString(), until: new Date(endsAt).toISOString() });
    } catch (error) {
      if (!(error instanceof Breakage)) throw error;
      logger.error('the tokens of a session that has ended could not be taken back; they hold until they expire', { session: id, error });
    }
  };
}
