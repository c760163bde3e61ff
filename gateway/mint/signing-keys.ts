import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Breakage } from '../errors.ts';
import { editFile, writeWhole } from '../files/edit-file.ts';
import { makeFreshFile } from '../files/fresh-file.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { type KeyRecord, parseKeyState, thumbprint } from './key-state.ts';

export interface SigningKeysNeeds {
  readonly directory: string;
  readonly algorithm: 'ES256' | 'RS256';
  /** How long a new key is published before it signs, so that whoever keeps a copy of the keys has it by then. Seconds. */
  readonly publishAheadSeconds?: number;
  /** The longest life of a token: a key that no longer signs is published for that long. Seconds. */
  readonly longestLifeSeconds: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

export interface SigningKeys {
  /** The key that signs now. @throws Breakage `tokens.unavailable` where there is none that can be read */
  active(): SigningKey;
  /** The public keys as a JWK Set (RFC 7517 section 5), as text: those that sign, will sign, or have signed what may still hold. */
  publicKeys(): string;
  /** Makes a new key, which takes over when it has been published for long enough. @returns its id and when it signs */
  rotate(): Promise<{ readonly kid: string; readonly signsFrom: string }>;
}

const stateName = 'keys.json';
/** Verified like the keys of any other issuer, from this file. */
export const publicKeysName = 'jwks.json';

/**
 * Opens the signing keys of a gateway: PEM files that only their owner may read, a list of them, and their public half as a JWK Set. Nodes that share
 * the folder share the keys. The first start makes the first key.
 *
 * A rotation overlaps: the new key is published, then it signs, and the old one is published until nothing that it signed can hold any more.
 */
export async function openSigningKeys(needs: SigningKeysNeeds): Promise<SigningKeys> {
  const { directory, algorithm, publishAheadSeconds = 60, longestLifeSeconds, clock, logger } = needs;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const statePath = join(directory, stateName);
  const pathOf = (kid: string) => join(directory, `${kid}.pem`);
  const read = new Map<string, SigningKey>();
  const state = makeFreshFile({ path: statePath, what: 'The list of signing keys', parse: parseKeyState, clock, logger });

  /** Adds a key and forgets those whose tokens have all ended. The first key signs at once. */
  async function addKey(onlyFirst: boolean): Promise<KeyRecord> {
    let added: KeyRecord | undefined;
    await editFile(statePath, (text) => {
      const now = clock.now();
      const known = text === undefined ? [] : parseKeyState(text);
      const [first] = known;
      if (onlyFirst && first !== undefined) {
        added = first;
        return text ?? '';
      }
      const signsFrom = known.length === 0 ? now : now + publishAheadSeconds * 1000;
      added = writeKey(signsFrom);
      const kept = [...known, added].filter((_key, index, all) => {
        const next = all[index + 1];
        return next === undefined || Date.parse(next.signs_from) + longestLifeSeconds * 1000 > now;
      });
      for (const gone of known.filter((key) => !kept.includes(key))) rmSync(pathOf(gone.kid), { force: true });
      publish(kept);
      return `${JSON.stringify({ version: 1, keys: kept }, null, 2)}\n`;
    });
    state.refresh();
    if (added === undefined) throw new Breakage('tokens.unavailable', 'the list of signing keys was not written');
    return added;
  }

  function writeKey(signsFrom: number): KeyRecord {
    const { privateKey } =
      algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 3072 });
    const kid = thumbprint(createPublicKey(privateKey));
    writeWhole(pathOf(kid), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    return { kid, algorithm, created_at: new Date(clock.now()).toISOString(), signs_from: new Date(signsFrom).toISOString() };
  }

  function publish(keys: readonly KeyRecord[]): void {
    const members = keys.map((key) => ({
      ...createPublicKey(load(key.kid).privateKey).export({ format: 'jwk' }),
      ...{ kid: key.kid, alg: key.algorithm, use: 'sig' },
    }));
    writeWhole(join(directory, publicKeysName), `${JSON.stringify({ keys: members }, null, 2)}\n`);
  }

  function load(kid: string): SigningKey {
    const known = read.get(kid);
    if (known !== undefined) return known;
    const path = pathOf(kid);
    try {
      if ((statSync(path).mode & 0o077) !== 0) throw new Error('others than its owner may read it');
      const key = { kid, privateKey: createPrivateKey(readFileSync(path, 'utf8')) };
      read.set(kid, key);
      return key;
    } catch (cause) {
      throw new Breakage('tokens.unavailable', `the signing key ${path} cannot be used`, { cause });
    }
  }

  if (!existsSync(statePath)) await addKey(true);
  return {
    active() {
      const now = clock.now();
      const signing = (state.current() ?? []).filter((key) => key.algorithm === algorithm && Date.parse(key.signs_from) <= now);
      const newest = signing.at(-1);
      if (newest === undefined)
        throw new Breakage('tokens.unavailable', `there is no ${algorithm} signing key in ${directory}; run: regate tokens rotate`);
      return load(newest.kid);
    },
    publicKeys: () => readFileSync(join(directory, publicKeysName), 'utf8'),
    async rotate() {
      const { kid, signs_from: signsFrom } = await addKey(false);
      logger.info('a new signing key is published', { kid, signs_from: signsFrom });
      return { kid, signsFrom };
    },
  };
}
