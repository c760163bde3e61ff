/*
 * Starts a real PostgreSQL on loopback for tests and demonstrations: a cluster of its own in a temporary directory, on a free port, gone when it is
 * stopped. It needs the server's programs (Debian: `apt-get install postgresql`). `findPostgres` gives `undefined` where they are missing.
 *
 *   const database = await startPostgres(findPostgres());   // {url, stop, pause, resume}
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface Postgres {
  /** `postgresql://…`, with a database of its own. */
  readonly url: string;
  /** Ends the server, keeping its data. */
  halt(): Promise<void>;
  /** Starts it again after {@link halt}, on the same port. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** The directory of the newest server's programs. */
export function findPostgres(): string | undefined {
  const place = '/usr/lib/postgresql';
  if (!existsSync(place)) return undefined;
  const versions = readdirSync(place).filter((name) => existsSync(join(place, name, 'bin', 'initdb')));
  const newest = versions.sort((one, other) => Number(other) - Number(one))[0];
  return newest === undefined ? undefined : join(place, newest, 'bin');
}

export async function startPostgres(programs: string): Promise<Postgres> {
  const directory = mkdtempSync(join(tmpdir(), 'regate-postgres-'));
  const data = join(directory, 'data');
  mkdirSync(data, { mode: 0o700 });
  // The server refuses to run as root.
  const owner = process.getuid?.() === 0 ? readUser('postgres') : undefined;
  if (owner !== undefined) for (const path of [directory, data]) chownSync(path, owner.uid, owner.gid);
  const options = { ...owner, cwd: directory, stdio: 'ignore' as const, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' } };
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'regate', '--auth=trust', '--no-sync'], options);
  const port = await freePort();
  let server: ChildProcess | undefined;

  async function resume(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${directory}`, 'fsync=off'].flatMap((each) => ['-c', each]);
    server = spawn(join(programs, 'postgres'), ['-D', data, '-p', String(port), ...settings], options);
    for (let tries = 0; !(await answers(port)); tries++) {
      if (tries > 300 || server.exitCode !== null) throw new Error('PostgreSQL does not start');
      await setTimeout(50);
    }
  }

  async function halt(): Promise<void> {
    if (server === undefined || server.exitCode !== null) return;
    const gone = once(server, 'exit');
    // "Immediate": clients see their connections break, as when a machine dies.
    server.kill('SIGQUIT');
    await gone;
  }

  await resume();
  return {
    url: `postgresql://regate@127.0.0.1:${port}/postgres`,
    halt,
    resume,
    async stop() {
      await halt();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function readUser(name: string): { readonly uid: number; readonly gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error(`there is no user ${name} to run the server as`);
  return { uid: Number(uid), gid: Number(gid) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The server sends an answer to an SSL request once it is ready to talk. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from('0000000804d2162f', 'hex')));
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
