/*
 * Starts a real Keycloak on loopback for tests and demonstrations: a copy of the distribution of its own in a temporary directory, with a realm that is
 * imported, on a free port, gone when it is stopped. It needs Java 17 or later and `unzip`. The distribution comes from Maven Central once and is kept
 * in `~/.cache/regate` (`REGATE_CACHE`), where its SHA-256 is compared at every start.
 *
 *   const keycloak = await startKeycloak({ realm: JSON.stringify({ realm: 'regate', … }) });   // {url, admin, stop}
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const version = '26.7.3';
const sha256 = '27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f';
const source = `https://repo1.maven.org/maven2/org/keycloak/keycloak-quarkus-dist/${version}/keycloak-quarkus-dist-${version}.zip`;
const administrator = { username: 'admin', password: 'the-administrator-of-a-test' };

export interface Keycloak {
  /** Origin, e.g. `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Calls the administrative API of a realm. @param path below `/admin/realms/`; @throws Error where it is not answered with success */
  admin(method: string, path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** What this machine lacks to run Keycloak; `undefined` where it lacks nothing. */
export function missingForKeycloak(): string | undefined {
  const said = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (said.error !== undefined) return 'java';
  if (Number(/version "(\d+)/.exec(said.stderr)?.[1] ?? 0) < 17) return 'Java 17 or later';
  return spawnSync('unzip', ['-v']).error === undefined ? undefined : 'unzip';
}

/** The distribution, fetched where it is not there yet. */
async function findDistribution(): Promise<string> {
  const cache = process.env['REGATE_CACHE'] ?? join(homedir(), '.cache', 'regate');
  const path = join(cache, `keycloak-${version}.zip`);
  if (!existsSync(path)) {
    mkdirSync(cache, { recursive: true });
    const answer = await fetch(source);
    if (!answer.ok) throw new Error(`${source} answered ${answer.status}`);
    const part = `${path}.${process.pid}`;
    writeFileSync(part, Buffer.from(await answer.arrayBuffer()));
    renameSync(part, path);
  }
  const found = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (found !== sha256) throw new Error(`${path} is not the distribution that it should be (SHA-256 ${found}); remove it`);
  return path;
}

/** @param needs `realm`: the realm to import, as JSON text */
export async function startKeycloak({ realm }: { readonly realm: string }): Promise<Keycloak> {
  const distribution = await findDistribution();
  const directory = mkdtempSync(join(tmpdir(), 'regate-keycloak-'));
  execFileSync('unzip', ['-q', distribution, '-d', directory]);
  const home = join(directory, `keycloak-${version}`);
  mkdirSync(join(home, 'data', 'import'), { recursive: true });
  writeFileSync(join(home, 'data', 'import', 'realm.json'), realm);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const child = spawn(
    join(home, 'bin', 'kc.sh'),
    [
      'start-dev',
      '--import-realm',
      '--http-host=127.0.0.1',
      `--http-port=${port}`,
      '--hostname-strict=false',
      '--log-level=warn,org.keycloak.events:error',
    ],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        KC_BOOTSTRAP_ADMIN_USERNAME: administrator.username,
        KC_BOOTSTRAP_ADMIN_PASSWORD: administrator.password,
        JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx640m',
      },
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-8000);
    });
  }

  async function stop(): Promise<void> {
    await end(child);
    rmSync(directory, { recursive: true, force: true });
  }

  try {
    await waitUntilItAnswers(`${url}/realms/master`, child);
  } catch (cause) {
    await stop();
    throw new Error(`Keycloak does not start: ${said}`, { cause });
  }
  return { url, stop, admin: (method, path, body) => callAdmin(url, method, path, body) };
}

async function waitUntilItAnswers(address: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + 480_000;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    const status = await fetch(address).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('it did not answer within eight minutes');
}

/** The script starts Java as a child, so the whole group is ended: a group that is this process's own making. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const gone = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await gone;
}

async function callAdmin(url: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const form = new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', ...administrator });
  const login = await fetch(`${url}/realms/master/protocol/openid-connect/token`, { method: 'POST', body: form });
  const { access_token: token } = (await login.json()) as { access_token?: string };
  const answer = await fetch(`${url}/admin/realms/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 200)}`);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
