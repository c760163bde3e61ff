import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Breakage } from '../../gateway/errors.ts';
import { makeEnvironmentVault } from '../../gateway/vault/environment.ts';
import { makeFileVault } from '../../gateway/vault/file.ts';
import { makeVault } from '../../gateway/vault/vault.ts';
import type { CredentialSource } from '../../gateway/vocabulary/configuration.ts';
import type { Logger } from '../../gateway/vocabulary/logger.ts';
import { checkVault, type Held } from './contract.ts';

const root = mkdtempSync(join(tmpdir(), 'regate-vault-'));
after(() => rmSync(root, { recursive: true }));

const warnings: { message: string; fields: unknown }[] = [];
const note = (message: string, fields?: unknown): void => {
  warnings.push({ message, fields });
};
const logger: Logger = { error: note, warn: note, info: () => undefined, debug: () => undefined };

let time = 0;
const clock = { now: () => time, monotonic: () => time };
const passTime = (): void => {
  time += 100;
};

/** Replaces a file as secret agents do: a new file, renamed over the old one. */
function place(path: string, value: string | undefined, mode = 0o600): void {
  passTime();
  if (value === undefined) {
    rmSync(path);
    return;
  }
  writeFileSync(`${path}.new`, value, { mode });
  renameSync(`${path}.new`, path);
}

function openFiles(): Held & { readonly path: string } {
  const folder = mkdtempSync(join(root, 'files-'));
  const path = (id: string): string => join(folder, id);
  const files = new Map(['one', 'two'].map((id) => [id, path(id)]));
  return { vault: makeFileVault({ files, clock, logger }), set: (id, value) => place(path(id), value), path: path('one') };
}

test('the environment vault', (t) =>
  checkVault(t, () => {
    const environment: Record<string, string | undefined> = { PATH: '/bin' };
    const variables = new Map([
      ['one', 'KEY_ONE'],
      ['two', 'KEY_TWO'],
    ]);
    return {
      vault: makeEnvironmentVault({ variables, environment }),
      set(id, value) {
        environment[variables.get(id) ?? ''] = value;
      },
    };
  }));

test('the file vault', (t) => checkVault(t, openFiles));

test('the configured vault', (t) =>
  checkVault(t, () => {
    const environment: Record<string, string | undefined> = {};
    const path = join(mkdtempSync(join(root, 'both-')), 'two');
    const credentials = new Map<string, CredentialSource>([
      ['one', { source: 'environment', name: 'KEY_ONE' }],
      ['two', { source: 'file', path }],
    ]);
    return {
      vault: makeVault({ credentials, environment, clock, logger }),
      set(id, value) {
        if (id === 'two') place(path, value);
        else environment['KEY_ONE'] = value;
      },
    };
  }));

test('one newline at the end of a file is not a part of the value, and a second one is', async () => {
  const { vault, set } = openFiles();
  for (const [text, value] of [
    ['key\n', 'key'],
    ['key\r\n', 'key'],
    ['key\n\n', 'key\n'],
    [' key', ' key'],
  ] as const) {
    set('one', text);
    assert.equal((await vault.fetch('one')).secret.reveal(), value);
  }
});

test('a file that is swapped through a link, as Kubernetes mounts do it', async () => {
  const folder = mkdtempSync(join(root, 'links-'));
  for (const round of ['first', 'second']) {
    writeFileSync(join(folder, round), round, { mode: 0o600 });
    symlinkSync(round, join(folder, 'link.new'));
    renameSync(join(folder, 'link.new'), join(folder, 'key'));
  }
  const vault = makeFileVault({ files: new Map([['one', join(folder, 'key')]]), clock, logger });
  assert.equal((await vault.fetch('one')).secret.reveal(), 'second');
  symlinkSync('first', join(folder, 'link.new'));
  renameSync(join(folder, 'link.new'), join(folder, 'key'));
  passTime();
  assert.equal((await vault.fetch('one')).secret.reveal(), 'first');
});

test('a file is looked at once in a tenth of a second, and as long as it has nothing to give at every fetch', async () => {
  const { vault, path } = openFiles();
  await assert.rejects(vault.fetch('one'), Breakage);
  writeFileSync(path, 'before', { mode: 0o600 });
  assert.equal((await vault.fetch('one')).secret.reveal(), 'before');
  writeFileSync(path, 'behind it');
  assert.equal((await vault.fetch('one')).secret.reveal(), 'before');
  passTime();
  assert.equal((await vault.fetch('one')).secret.reveal(), 'behind it');
});

test('a file that others can read is used, with one warning a version that tells nothing of it', async () => {
  const { vault, path } = openFiles();
  place(path, 'an-open-secret', 0o644);
  warnings.length = 0;
  await vault.fetch('one');
  await vault.fetch('one');
  assert.equal(warnings.length, 1);
  assert.deepEqual(warnings[0]?.fields, { credential: 'one', mode: '644' });
  assert.ok(!JSON.stringify(warnings).includes('open-secret'));
});

test('what is no regular file, or far too large, is not read', { timeout: 2_000 }, async () => {
  const folder = mkdtempSync(join(root, 'odd-'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  writeFileSync(join(folder, 'large'), 'x'.repeat(100_000), { mode: 0o600 });
  const files = new Map([
    ['pipe', join(folder, 'pipe')],
    ['folder', folder],
    ['large', join(folder, 'large')],
  ]);
  const vault = makeFileVault({ files, clock, logger });
  for (const id of files.keys()) {
    await assert.rejects(vault.fetch(id), (error) => error instanceof Breakage && !error.message.includes(folder));
  }
});
