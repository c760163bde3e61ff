import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { Breakage } from '../../gateway/errors.ts';
import { ensureDevelopmentCertificate } from '../../gateway/tls/development-ca.ts';
import { day, forge, frozen, get, newKey, serve, toPem } from './forge.ts';

const root = mkdtempSync(join(tmpdir(), 'regate-tls-'));
after(() => rmSync(root, { recursive: true }));

const subject = 'CN=Regate development CA (this machine only)';
const now = Date.now();
const newDirectory = (): string => join(mkdtempSync(join(root, 'ca-')), 'dev');
const ensure = (directory: string, at = now) => ensureDevelopmentCertificate({ directory, clock: frozen(at) });
const modeOf = (path: string): number => statSync(path).mode & 0o777;
const has = (command: string): boolean => {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

test('a first start makes a CA and a certificate that a client with ca.pem trusts, under all three names', async (t) => {
  const { caPath, certificate, key, made } = await ensure(newDirectory());
  assert.equal(made, 'authority');
  const { server, port } = await serve({ cert: certificate, key });
  t.after(() => server.close());
  const ca = readFileSync(caPath);
  assert.equal(await get(port, { ca, servername: 'localhost' }), 'hello');
  assert.equal(await get(port, { ca }), 'hello');
  const leaf = new X509Certificate(certificate);
  assert.equal(leaf.checkIP('::1'), '::1');
  assert.match(await get(port, {}), /^refused: UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
});

test('curl trusts it with --cacert, and not without', { skip: !has('curl') }, async (t) => {
  const { caPath, certificate, key } = await ensure(newDirectory());
  const { server, port } = await serve({ cert: certificate, key });
  t.after(() => server.close());
  const curl = (...options: string[]) => promisify(execFile)('curl', ['-sS', '--noproxy', '*', ...options]);
  assert.equal((await curl('--cacert', caPath, `https://localhost:${port}/`)).stdout, 'hello');
  assert.equal((await curl('--cacert', caPath, `https://127.0.0.1:${port}/`)).stdout, 'hello');
  // 60: the peer's certificate is not known to be good.
  await assert.rejects(curl(`https://localhost:${port}/`), { code: 60 });
});

test('Python trusts it with SSL_CERT_FILE under its strictest rules', { skip: !has('python3') }, async (t) => {
  const { caPath, certificate, key } = await ensure(newDirectory());
  const { server, port } = await serve({ cert: certificate, key });
  t.after(() => server.close());
  const script = `import ssl,urllib.request as u
c=ssl.create_default_context();c.verify_flags|=ssl.VERIFY_X509_STRICT
print(u.build_opener(u.ProxyHandler({}),u.HTTPSHandler(context=c)).open('https://localhost:${port}/').read().decode(),end='')`;
  const { stdout } = await promisify(execFile)('python3', ['-c', script], { env: { ...process.env, SSL_CERT_FILE: caPath } });
  assert.equal(stdout, 'hello');
});

test('keys are for their owner only, the CA for whoever gets there, and no draft is left', async () => {
  const before = process.umask(0);
  const directory = newDirectory();
  try {
    await ensure(directory);
  } finally {
    process.umask(before);
  }
  assert.equal(modeOf(directory), 0o700);
  assert.deepEqual(readdirSync(directory).sort(), ['ca-key.pem', 'ca.pem', 'localhost-key.pem', 'localhost.pem']);
  assert.equal(modeOf(join(directory, 'ca-key.pem')), 0o600);
  assert.equal(modeOf(join(directory, 'localhost-key.pem')), 0o600);
  assert.equal(modeOf(join(directory, 'ca.pem')), 0o644);
});

test('what is good is used again; the certificate is renewed within seven days of its end, the CA with it within seven of its own', async () => {
  const directory = newDirectory();
  const first = await ensure(directory);
  const ca = readFileSync(first.caPath, 'utf8');
  const again = await ensure(directory, now + 22 * day);
  assert.equal(again.made, undefined);
  assert.equal(again.certificate, first.certificate);
  assert.equal(again.key, first.key);
  const renewed = await ensure(directory, now + 24 * day);
  assert.equal(renewed.made, 'certificate');
  assert.notEqual(renewed.key, first.key);
  assert.equal(readFileSync(first.caPath, 'utf8'), ca);
  assert.ok(new X509Certificate(renewed.certificate).verify(new X509Certificate(ca).publicKey));

  const late = await ensure(directory, now + 350 * day);
  assert.equal(late.made, 'certificate');
  const end = new X509Certificate(ca).validToDate.getTime();
  assert.ok(new X509Certificate(late.certificate).validToDate.getTime() <= end);
  const caKey = readFileSync(join(directory, 'ca-key.pem'), 'utf8');
  assert.equal((await ensure(directory, now + 359 * day)).made, 'authority');
  assert.notEqual(readFileSync(first.caPath, 'utf8'), ca);
  assert.notEqual(readFileSync(join(directory, 'ca-key.pem'), 'utf8'), caKey);
});

test('a damaged, missing, mismatching or foreign certificate is made anew under the same CA', async () => {
  const directory = newDirectory();
  const { caPath } = await ensure(directory);
  const ca = readFileSync(caPath, 'utf8');
  const stranger = await forge({ subject: 'CN=localhost', names: [{ type: 'dns', value: 'localhost' }], notAfter: now + 30 * day });
  const harm: Record<string, () => void> = {
    'certificate damaged': () => writeFileSync(join(directory, 'localhost.pem'), 'not a certificate'),
    'key damaged': () => writeFileSync(join(directory, 'localhost-key.pem'), 'not a key'),
    'key missing': () => rmSync(join(directory, 'localhost-key.pem')),
    'another key': () => writeFileSync(join(directory, 'localhost-key.pem'), toPem(newKey())),
    'another issuer': () => {
      writeFileSync(join(directory, 'localhost.pem'), stranger.cert);
      writeFileSync(join(directory, 'localhost-key.pem'), stranger.key);
    },
    'key open to others': () => chmodSync(join(directory, 'localhost-key.pem'), 0o644),
  };
  for (const [name, spoil] of Object.entries(harm)) {
    spoil();
    const { made, certificate, key } = await ensure(directory);
    assert.equal(made, 'certificate', name);
    assert.ok(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)), name);
    assert.equal(readFileSync(caPath, 'utf8'), ca, name);
    assert.equal((await ensure(directory)).made, undefined, name);
  }
});

test('a CA that cannot be used stops the start, says what to delete, and shows no key', async () => {
  const wide = await forge({ subject, ca: true, notAfter: now + 300 * day });
  const harm: Record<string, (directory: string) => void> = {
    'is not a certificate': (at) => writeFileSync(join(at, 'ca.pem'), 'nothing'),
    'ca-key.pem is missing': (at) => rmSync(join(at, 'ca-key.pem')),
    'is not a key that': (at) => writeFileSync(join(at, 'ca-key.pem'), 'nothing'),
    'is not the key of': (at) => writeFileSync(join(at, 'ca-key.pem'), toPem(newKey())),
    'open to other users': (at) => chmodSync(join(at, 'ca-key.pem'), 0o640),
    // A CA without constraints under our name: an application that trusts it would trust it for every host.
    'not limited to localhost': (at) => {
      writeFileSync(join(at, 'ca.pem'), wide.cert);
      writeFileSync(join(at, 'ca-key.pem'), wide.key);
    },
  };
  for (const [sentence, spoil] of Object.entries(harm)) {
    const directory = newDirectory();
    await ensure(directory);
    spoil(directory);
    await assert.rejects(ensure(directory), (error: unknown) => {
      assert.ok(error instanceof Breakage, sentence);
      assert.ok(error.message.includes(sentence), error.message);
      assert.match(error.message, /Delete ca\.pem and ca-key\.pem/);
      assert.doesNotMatch(error.message, /BEGIN|nothing\./);
      return true;
    });
    rmSync(join(directory, 'ca.pem'), { force: true });
    rmSync(join(directory, 'ca-key.pem'), { force: true });
    assert.equal((await ensure(directory)).made, 'authority');
  }
});

test('a start that was interrupted after the key of the CA was written is finished by the next', async () => {
  const directory = newDirectory();
  const { caPath } = await ensure(directory);
  rmSync(caPath);
  const { made, certificate } = await ensure(directory);
  assert.equal(made, 'authority');
  assert.ok(new X509Certificate(certificate).verify(new X509Certificate(readFileSync(caPath)).publicKey));
});

test('several that start on one empty directory agree on one CA', async () => {
  const directory = newDirectory();
  const all = await Promise.all(Array.from({ length: 6 }, () => ensure(directory)));
  const ca = new X509Certificate(readFileSync(join(directory, 'ca.pem')));
  for (const { certificate, key } of all) {
    const leaf = new X509Certificate(certificate);
    assert.ok(leaf.verify(ca.publicKey));
    assert.ok(leaf.checkPrivateKey(createPrivateKey(key)));
  }
});

test('a directory that others may write to is refused: they could put a CA of theirs there', async () => {
  const directory = newDirectory();
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o777);
  await assert.rejects(ensure(directory), (error: unknown) => error instanceof Breakage && error.message.includes('chmod 700'));
  assert.deepEqual(readdirSync(directory), []);
});
