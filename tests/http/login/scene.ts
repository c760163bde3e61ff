import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type Login, makeLogin } from '../../../gateway/http/login/login.ts';
import { openSessionStore } from '../../../gateway/http/login/stores/store.ts';
import { systemClock } from '../../../gateway/observe/clock.ts';
import { newId } from '../../../gateway/observe/new-id.ts';
import { makeAccept } from '../../../gateway/pipeline/accept/accept.ts';
import type { Clock } from '../../../gateway/vocabulary/clock.ts';
import type { Logger } from '../../../gateway/vocabulary/logger.ts';
import type { LoginConfiguration, OidcProvider, SamlProvider } from '../../../gateway/vocabulary/login.ts';
import type { AdministrativeRecord } from '../../../gateway/vocabulary/record.ts';

export const secret = 'a-secret-of-the-tests-that-is-long-enough';

/** The system's clock, which can be set forward. */
export class MovableClock implements Clock {
  ahead = 0;
  now(): number {
    return systemClock.now() + this.ahead;
  }
  monotonic(): number {
    return systemClock.monotonic() + this.ahead;
  }
  forward(seconds: number): void {
    this.ahead += seconds * 1000;
  }
}

export interface Scene {
  /** Origin of the gateway's pages. */
  readonly url: string;
  readonly login: Login;
  readonly clock: MovableClock;
  /** What is on the record, in order. */
  readonly records: AdministrativeRecord[];
  /** Of one action. */
  recorded(action: string): readonly AdministrativeRecord[];
  /** What was logged, as text. */
  readonly logged: string[];
  /** The disk of the record, which can be made to fail. */
  readonly disk: { full: boolean };
}

export interface SceneNeeds {
  readonly oidc?: (url: string) => readonly OidcProvider[];
  readonly saml?: (url: string) => readonly SamlProvider[];
  readonly sessions?: Partial<LoginConfiguration['sessions']>;
  readonly secrets?: readonly string[];
}

/** Starts the pages of the login on a port of their own. */
export async function openScene(t: TestContext, needs: SceneNeeds): Promise<Scene> {
  let door: RequestListener = (_req, res) => void res.writeHead(503).end();
  const url = await listen(t, (req, res) => door(req, res));
  const clock = new MovableClock();
  const records: AdministrativeRecord[] = [];
  const logged: string[] = [];
  const disk = { full: false };
  const write = (level: string) => (message: string, fields: unknown) =>
    void logged.push(
      `${level} ${message} ${JSON.stringify(fields, (_key, value: unknown) => (value instanceof Error ? describeError(value) : value))}`,
    );
  const logger: Logger = { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
  const configuration: LoginConfiguration = {
    publicUrl: url,
    oidc: needs.oidc?.(url) ?? [],
    saml: needs.saml?.(url) ?? [],
    sessions: { store: { kind: 'memory' }, absoluteSeconds: 43_200, idleSeconds: 3_600, ...needs.sessions },
  };
  const makeId = () => newId(clock.now());
  const login = makeLogin({
    login: configuration,
    store: await openSessionStore({ store: configuration.sessions.store, clock, logger }),
    secrets: needs.secrets ?? [secret],
    arrive: makeAccept({ newId: makeId, clock }).arrive,
    log: {
      async append(entry) {
        if (disk.full) throw new (await import('../../../gateway/errors.ts')).Breakage('record.unavailable', 'the disk is full');
        records.push(entry as AdministrativeRecord);
      },
      enqueue: (entry) => void records.push(entry as AdministrativeRecord),
    },
    labels: { gateway: 'test' },
    anonymousPerSecond: 1000,
    newId: makeId,
    clock,
    logger,
  });
  door = login.door;
  t.after(() => login.close());
  return { url, login, clock, records, logged, disk, recorded: (action) => records.filter((record) => record.action === action) };
}

/** An error as the operational log could show it at most. */
function describeError(error: Error): string {
  const cause = error.cause instanceof Error ? ` <- ${describeError(error.cause)}` : '';
  return `${error.name}: ${error.message}${cause}`;
}

/** Serves on a free port of this machine until the test ends. */
export async function listen(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => void server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
