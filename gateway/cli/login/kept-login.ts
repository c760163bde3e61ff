import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { lock, writeWhole } from '../../files/edit-file.ts';
import { CommandError } from '../command-error.ts';

/** One login of the command line. Times are milliseconds since the epoch. */
export interface KeptLogin {
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  readonly refreshToken: string;
  readonly accessToken: string;
  readonly expiresAt: number;
  /** Absolute path of additional roots. */
  readonly ca?: string;
}

interface KeptFile {
  readonly version: 1;
  /** The gateway that is meant where none is named: the last one that was logged in to. */
  readonly current?: string;
  readonly logins: Readonly<Record<string, KeptLogin>>;
}

export interface KeptLogins {
  /** @returns the gateway and its login; `undefined` where there is none */
  find(gateway: string | undefined): { readonly gateway: string; readonly login: KeptLogin } | undefined;
  /**
   * Changes the login of a gateway while nobody else does: a refresh token is good once, so two terminals must not use one at the same time.
   * @param change gives the new login, or `undefined` to forget it
   */
  change(gateway: string, change: (login: KeptLogin | undefined) => Promise<KeptLogin | undefined>): Promise<KeptLogin | undefined>;
}

/** Longer than one call of the token endpoint may take. */
const patienceMs = 45_000;

export function loginsPath(environment: Readonly<Record<string, string | undefined>>): string {
  return join(environment['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'regate', 'logins.json');
}

/** Opens the file of logins. Only its owner may read it; a file that others can read is refused rather than used. */
export function openKeptLogins(path: string): KeptLogins {
  function read(): KeptFile {
    if (!existsSync(path)) return { version: 1, logins: {} };
    if ((statSync(path).mode & 0o077) !== 0) throw new CommandError(`others can read ${path}; run: chmod 600 ${path}, and log in again`);
    return JSON.parse(readFileSync(path, 'utf8')) as KeptFile;
  }

  return {
    find(asked) {
      const { current, logins } = read();
      const gateway = asked ?? current;
      const login = gateway === undefined ? undefined : logins[gateway];
      return gateway === undefined || login === undefined ? undefined : { gateway, login };
    },
    async change(gateway, change) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const unlock = await lock(path, patienceMs);
      try {
        const before = read();
        const login = await change(before.logins[gateway]);
        const { [gateway]: _old, ...others } = before.logins;
        const logins = login === undefined ? others : { ...others, [gateway]: login };
        const current = login === undefined ? Object.keys(others)[0] : gateway;
        const file: KeptFile = { version: 1, ...(current === undefined ? {} : { current }), logins };
        writeWhole(path, `${JSON.stringify(file, null, 2)}\n`);
        return login;
      } finally {
        unlock();
      }
    },
  };
}
