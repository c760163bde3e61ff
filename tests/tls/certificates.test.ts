import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, mock, test } from 'node:test';
import { connect } from 'node:tls';
import { Breakage } from '../../gateway/errors.ts';
import { watchCertificates } from '../../gateway/tls/certificates.ts';
import { ensureDevelopmentCertificate } from '../../gateway/tls/development-ca.ts';
import type { TlsContext } from '../../gateway/tls/pair.ts';
import { makeServerTls } from '../../gateway/tls/server-tls.ts';
import { day, type Forged, forge, frozen, get, listen, newKey, serve, toPem } from './forge.ts';

const root = mkdtempSync(join(tmpdir(), 'regate-reload-'));
after(() => rmSync(root, { recursive: true }));

const now = Date.now();
const issuer = { key: newKey(), subject: 'CN=Root' };
const ca = (await forge({ subject: issuer.subject, ca: true, key: issuer.key, notBefore: now - 99 * day, notAfter: now + 999 * day })).cert;
const issue = (notAfter = now + 90 * day, notBefore = now - day): Promise<Forged> =>
  forge({ issuer, subject: 'CN=localhost', names: [{ type: 'dns', value: 'localhost' }], notBefore, notAfter });

/** Replaces a file as certificate agents do. */
function place(path: string, content: string, mode = 0o600): void {
  writeFileSync(`${path}.new`, content, { mode });
  renameSync(`${path}.new`, path);
}

async function open(pair: Forged, at = now) {
  const folder = mkdtempSync(join(root, 'pair-'));
  const paths = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  place(paths.certificate, pair.cert);
  place(paths.key, pair.key);
  const changes: TlsContext[] = [];
  const clock = frozen(at);
  const { logger, lines } = listen();
  const needs = { ...paths, intervalMs: 60_000, onChange: (context: TlsContext) => void changes.push(context), clock, logger };
  return { paths, changes, clock, lines, needs, watch: () => watchCertificates(needs) };
}

test('a new pair is taken for new connections while an open one goes on', async (t) => {
  const first = await issue();
  const { paths, needs } = await open(first);
  const { server, port } = await serve(first);
  const watch = await watchCertificates({ ...needs, onChange: (context) => server.setSecureContext(context) });
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
  t.after(() => {
    socket.destroy();
    watch.close();
    server.close();
  });
  await once(socket, 'secureConnect');
  const serial = socket.getPeerCertificate().serialNumber;

  const second = await issue();
  place(paths.certificate, second.cert);
  place(paths.key, second.key);
  assert.equal(await watch.refresh(), true);
  assert.equal(watch.current().cert, second.cert);

  const other = connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
  t.after(() => other.destroy());
  await once(other, 'secureConnect');
  assert.notEqual(other.getPeerCertificate().serialNumber, serial);
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 200/);
});

test('a broken replacement keeps the pair before, is told once with what to do and no key, and is followed by a good one', async (t) => {
  const first = await issue();
  const { paths, changes, lines, watch: start } = await open(first);
  const watch = await start();
  t.after(() => watch.close());
  const second = await issue();
  const breaks: [RegExp, () => void][] = [
    [/Replace both files together/, () => place(paths.certificate, second.cert)],
    [/holds no certificate/, () => place(paths.certificate, '')],
    [/is damaged/, () => place(paths.certificate, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')],
    [/must come first/, () => place(paths.certificate, ca + first.cert)],
    [/no such file/, () => rmSync(paths.key)],
    [/holds no private key/, () => place(paths.key, second.key.slice(0, 60))],
  ];
  for (const [reason, spoil] of breaks) {
    lines.length = 0;
    spoil();
    assert.equal(await watch.refresh(), false);
    assert.equal(await watch.refresh(), false);
    assert.equal(lines.length, 1, String(reason));
    assert.equal(lines[0]?.level, 'error');
    assert.match(String(lines[0]?.fields?.['reason']), reason);
    assert.doesNotMatch(JSON.stringify(lines), /BEGIN PRIVATE/);
    assert.equal(watch.current().cert, first.cert);
    assert.equal(changes.length, 0);
    if (reason.source !== 'no such file') {
      place(paths.certificate, first.cert);
      place(paths.key, first.key);
      assert.equal(await watch.refresh(), false);
    }
  }
  place(paths.certificate, second.cert);
  place(paths.key, second.key);
  assert.equal(await watch.refresh(), true);
  assert.deepEqual(
    changes.map(({ cert }) => cert),
    [second.cert],
  );
});

test('an expired replacement does not end a service whose certificate is good', async (t) => {
  const first = await issue();
  const { paths, lines, watch: start } = await open(first);
  const watch = await start();
  t.after(() => watch.close());
  const old = await issue(now - day, now - 90 * day);
  place(paths.certificate, old.cert);
  place(paths.key, old.key);
  assert.equal(await watch.refresh(), false);
  assert.equal(watch.current().cert, first.cert);
  assert.match(String(lines.at(-1)?.fields?.['reason']), /is expired/);
});

test('a listener that fails leaves the pair before in use', async (t) => {
  const first = await issue();
  const { paths, needs, lines } = await open(first);
  const watch = await watchCertificates({
    ...needs,
    onChange: () => {
      throw new Error('no');
    },
  });
  t.after(() => watch.close());
  const second = await issue();
  place(paths.certificate, second.cert);
  place(paths.key, second.key);
  assert.equal(await watch.refresh(), false);
  assert.equal(watch.current().cert, first.cert);
  assert.equal(lines.at(-1)?.level, 'error');
});

test('a Kubernetes secret that changes by its symbolic link is seen; a touched file is not a change', async (t) => {
  const { needs, changes } = await open(await issue());
  const folder = mkdtempSync(join(root, 'k8s-'));
  const pairs = [await issue(), await issue()];
  for (const [index, pair] of pairs.entries()) {
    mkdirSync(join(folder, `..${index}`));
    writeFileSync(join(folder, `..${index}`, 'tls.crt'), pair.cert);
    writeFileSync(join(folder, `..${index}`, 'tls.key'), pair.key, { mode: 0o600 });
  }
  symlinkSync('..0', join(folder, '..data'));
  const paths = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  symlinkSync('..data/tls.crt', paths.certificate);
  symlinkSync('..data/tls.key', paths.key);
  const watch = await watchCertificates({ ...needs, ...paths });
  t.after(() => watch.close());
  symlinkSync('..1', join(folder, '..tmp'));
  renameSync(join(folder, '..tmp'), join(folder, '..data'));
  assert.equal(await watch.refresh(), true);
  assert.equal(watch.current().cert, pairs[1]?.cert);
  utimesSync(paths.certificate, 1, 1);
  assert.equal(await watch.refresh(), false);
  assert.equal(changes.length, 1);
});

test('at start an unusable pair is a Breakage with a clear sentence and no key in it', async () => {
  const good = await issue();
  const encrypted = newKey().export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
  const cases: [RegExp, Forged][] = [
    [/Replace both files together/, { cert: good.cert, key: toPem(newKey()) }],
    [/passphrase/, { cert: good.cert, key: encrypted }],
    [/holds no private key/, { cert: good.cert, key: good.cert }],
    [/holds no certificate/, { cert: good.key, key: good.key }],
  ];
  for (const [sentence, pair] of cases) {
    const { watch } = await open(pair);
    await assert.rejects(watch(), (error: unknown) => {
      assert.ok(error instanceof Breakage && error.code === 'gateway.error');
      assert.match(error.message, sentence);
      assert.doesNotMatch(error.message, /BEGIN [A-Z ]*PRIVATE/);
      return true;
    });
  }
  const { paths, watch } = await open(good);
  rmSync(paths.certificate);
  await assert.rejects(watch(), (error: unknown) => error instanceof Breakage && error.message.includes(paths.certificate));
});

test('an ending and an expired certificate are told once each, as time passes over an unchanged file', async (t) => {
  const { clock, lines, watch: start } = await open(await issue());
  const watch = await start();
  t.after(() => watch.close());
  const levels = (): string[] => lines.splice(0).map(({ level }) => level);
  assert.deepEqual(levels(), []);
  clock.at = now + 75 * day;
  await watch.refresh();
  assert.deepEqual(levels(), []);
  clock.at = now + 77 * day;
  await watch.refresh();
  await watch.refresh();
  assert.deepEqual(levels(), ['warn']);
  clock.at = now + 91 * day;
  await watch.refresh();
  await watch.refresh();
  assert.deepEqual(levels(), ['error']);
});

test('a key that every user may read is told', async (t) => {
  const { paths, lines, watch: start } = await open(await issue());
  chmodSync(paths.key, 0o644);
  const watch = await start();
  t.after(() => watch.close());
  assert.deepEqual(
    lines.map(({ level, fields }) => [level, fields?.['mode']]),
    [['warn', '644']],
  );
});

test('the server of the data port: plaintext has no TLS, and is told where others can reach it', async () => {
  const { logger, lines } = listen();
  assert.equal(await makeServerTls({ mode: 'plaintext', force: false }, { clock: frozen(now), logger }), undefined);
  assert.equal(lines.length, 0);
  assert.equal(await makeServerTls({ mode: 'plaintext', force: true }, { clock: frozen(now), logger }), undefined);
  assert.equal(lines[0]?.level, 'warn');
});

test('the server of the data port: a development certificate is renewed while the gateway runs', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.after(() => mock.timers.reset());
  const directory = join(mkdtempSync(join(root, 'dev-')), 'dev');
  const clock = frozen(now);
  const { logger, lines } = listen();
  const tls = await makeServerTls({ mode: 'development', directory }, { clock, logger });
  assert.ok(tls?.caPath !== undefined);
  const { server, port } = await serve(tls.current());
  t.after(() => server.close());
  assert.equal(await get(port, { ca: readFileSync(tls.caPath), servername: 'localhost' }), 'hello');
  const changed = new Promise<TlsContext>((resolve) => tls.onChange(resolve));
  const before = tls.current().cert;
  assert.equal(await tls.refresh(), false);
  clock.at = now + 25 * day;
  mock.timers.tick(6 * 3_600_000);
  assert.notEqual((await changed).cert, before);
  assert.equal((await changed).cert, tls.current().cert);
  assert.equal((await ensureDevelopmentCertificate({ directory, clock })).certificate, tls.current().cert);
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['warn', 'info'],
  );
  tls.close();
});

test('the server of the data port: files are looked at every ten seconds', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.after(() => mock.timers.reset());
  const { paths, needs } = await open(await issue());
  const tls = await makeServerTls({ mode: 'files', ...paths }, needs);
  assert.ok(tls !== undefined && tls.caPath === undefined);
  const changed = new Promise<TlsContext>((resolve) => tls.onChange(resolve));
  const second = await issue();
  place(paths.certificate, second.cert);
  place(paths.key, second.key);
  mock.timers.tick(10_000);
  assert.equal((await changed).cert, second.cert);
  tls.close();
});
