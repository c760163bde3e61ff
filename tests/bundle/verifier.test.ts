import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { makeNewestVersions } from '../../gateway/bundle/newest-versions.ts';
import { makeVerifier } from '../../gateway/bundle/verifier.ts';
import { requireVerified, verifyBundle } from '../../gateway/bundle/verify-bundle.ts';
import { Breakage } from '../../gateway/errors.ts';
import type { VerificationConfiguration } from '../../gateway/vocabulary/verification.ts';
import { makePair, now, pairFor, signed, smallFiles } from './workbench.ts';

const pair = pairFor('ES256');

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'regate-verifier-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function verifierIn(folder: string, changes: Partial<VerificationConfiguration> = {}) {
  const path = join(folder, 'release.pem');
  writeFileSync(path, pair.verifying);
  return makeVerifier({
    keys: [{ id: 'release', algorithm: 'ES256', path }],
    scope: 'write',
    allowDowngrade: false,
    versionsFile: join(folder, 'state', 'versions.json'),
    clock: { now: () => now },
    ...changes,
  });
}

const refused = (why: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Breakage);
  assert.equal(error.code, 'policy.unavailable');
  assert.match(error.message, why);
  return true;
};

describe('what is demanded of a bundle', () => {
  it('goes up with each version that was active, and does not come down with a restart', (t) => {
    const folder = folderOf(t);
    const verifier = verifierIn(folder);
    verifier.keep('main', requireVerified(signed(pair), verifier.demand('main')));
    verifier.keep('main', requireVerified(signed(pair, { version: 9 }), verifier.demand('main')));
    const restarted = verifierIn(folder);
    assert.throws(() => requireVerified(signed(pair), restarted.demand('main')), refused(/its version is 7, and 9 has been active/));
    assert.throws(
      () => requireVerified(signed(pair, { version: 9 }, smallFiles().set('x', Buffer.from('x'))), restarted.demand('main')),
      refused(/its content is another/),
    );
    // Versions are each bundle's own.
    requireVerified(signed(pair), restarted.demand('other'));
  });

  it('is less for one time where a downgrade is told, and the newest stays known', (t) => {
    const verifier = verifierIn(folderOf(t));
    verifier.keep('main', requireVerified(signed(pair, { version: 9 }), verifier.demand('main')));
    verifier.keep('main', requireVerified(signed(pair), verifier.demand('main', true)));
    assert.ok('problems' in verifyBundle(signed(pair, { version: 8 }), verifier.demand('main')));
  });

  it('follows a key file that is replaced', (t) => {
    const folder = folderOf(t);
    const verifier = verifierIn(folder);
    const next = makePair('ES256');
    requireVerified(signed(pair), verifier.demand('main'));
    writeFileSync(join(folder, 'release.pem'), next.verifying);
    assert.throws(() => requireVerified(signed(pair), verifier.demand('main')), refused(/was not made with key release/));
    requireVerified(signed(next), verifier.demand('main'));
  });

  it('is not known where a key cannot be read or used', (t) => {
    const folder = folderOf(t);
    const verifier = verifierIn(folder);
    writeFileSync(join(folder, 'release.pem'), 'nope');
    assert.throws(() => verifier.demand('main'), refused(/release is not a public key/));
    rmSync(join(folder, 'release.pem'));
    assert.throws(() => verifier.demand('main'), refused(/release cannot be read from .*ENOENT/));
  });
});

describe('the file of the versions', () => {
  it('is its owner’s only, written whole, and holds what it says', (t) => {
    const path = join(folderOf(t), 'a', 'versions.json');
    makeNewestVersions(path).raise('main', { version: 3, content: 'c' });
    makeNewestVersions(path).raise('data', { version: 1, content: 'd' });
    assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { main: { version: 3, content: 'c' }, data: { version: 1, content: 'd' } });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(path, '..')), ['versions.json']);
  });

  for (const text of [
    '',
    '[]',
    '{"main": 3}',
    '{"main": {"version": "3", "content": "c"}}',
    '{"main": {"version": 3}}',
    '{"a":{},"a":{}}',
  ]) {
    it(`is not believed when it holds ${JSON.stringify(text)}, nor overwritten`, (t) => {
      const path = join(folderOf(t), 'versions.json');
      writeFileSync(path, text);
      assert.throws(() => makeNewestVersions(path).of('main'), refused(/is damaged, so that a downgrade could not be told/));
      assert.throws(() => makeNewestVersions(path).raise('main', { version: 4, content: 'c' }), refused(/damaged/));
      assert.equal(readFileSync(path, 'utf8'), text);
    });
  }

  it('that cannot be written is a refusal, not a version that is forgotten', (t) => {
    const folder = folderOf(t);
    // A folder in the place of the file: it holds for root, too, whom permissions do not stop.
    mkdirSync(join(folder, 'versions.json', 'x'), { recursive: true });
    assert.throws(() => makeNewestVersions(join(folder, 'versions.json')).of('main'), refused(/cannot be read \(EISDIR\)/));
    writeFileSync(join(folder, 'file'), '');
    chmodSync(join(folder, 'file'), 0o600);
    assert.throws(
      () => makeNewestVersions(join(folder, 'file', 'versions.json')).raise('main', { version: 1, content: 'c' }),
      refused(/cannot be (read|kept)/),
    );
  });
});
