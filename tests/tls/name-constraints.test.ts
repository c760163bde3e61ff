import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { JsonGeneralName } from '@peculiar/x509';
import { ensureDevelopmentCertificate } from '../../gateway/tls/development-ca.ts';
import { day, forge, frozen, get, newKey, serve } from './forge.ts';

const directory = mkdtempSync(join(tmpdir(), 'regate-constraints-'));
after(() => rmSync(directory, { recursive: true }));
const { caPath } = await ensureDevelopmentCertificate({ directory, clock: frozen(Date.now()) });
const stolen = {
  key: createPrivateKey(readFileSync(join(directory, 'ca-key.pem'))),
  subject: 'CN=Regate development CA (this machine only)',
};
const ca = readFileSync(caPath, 'utf8');
const wideKey = newKey();
const wide = await forge({ subject: 'CN=Unlimited', ca: true, key: wideKey });

/** The same certificate, under our CA and under one without limits: the second shows that it is our CA that stops it. */
async function present(
  t: { after(fn: () => void): void },
  wish: { readonly subject: string; readonly names?: readonly JsonGeneralName[] },
  servername: string,
): Promise<{ readonly ours: string; readonly unlimited: string }> {
  const ours = await serve(await forge({ ...wish, issuer: stolen }));
  const unlimited = await serve(await forge({ ...wish, issuer: { key: wideKey, subject: 'CN=Unlimited' } }));
  t.after(() => {
    ours.server.close();
    unlimited.server.close();
  });
  return { ours: await get(ours.port, { ca, servername }), unlimited: await get(unlimited.port, { ca: wide.cert, servername }) };
}

test('whoever steals the key of the CA cannot play a provider', async (t) => {
  const wish = { subject: 'CN=api.openai.com', names: [{ type: 'dns', value: 'api.openai.com' }] } as const;
  const { ours, unlimited } = await present(t, wish, 'api.openai.com');
  assert.match(ours, /^refused: .*permitted subtree violation/);
  assert.equal(unlimited, 'hello');
});

test('a provider beside localhost in one certificate is refused, also to who asks for localhost', async (t) => {
  const names = ['localhost', 'api.anthropic.com'].map((value) => ({ type: 'dns', value }) as const);
  const { ours, unlimited } = await present(t, { subject: 'CN=localhost', names }, 'localhost');
  assert.match(ours, /^refused: .*permitted subtree violation/);
  assert.equal(unlimited, 'hello');
});

test('a provider as common name, with no other name that could be limited, is refused', async (t) => {
  const { ours, unlimited } = await present(t, { subject: 'CN=api.openai.com' }, 'api.openai.com');
  assert.match(ours, /^refused: .*permitted subtree violation/);
  assert.equal(unlimited, 'hello');
});

test('an address of another machine is refused', async (t) => {
  const names = ['127.0.0.1', '192.0.2.7'].map((value) => ({ type: 'ip', value }) as const);
  const { ours, unlimited } = await present(t, { subject: 'CN=x', names }, '');
  assert.match(ours, /^refused: .*permitted subtree violation/);
  assert.equal(unlimited, 'hello');
});

test('a CA below it is refused: its path ends at one certificate', async (t) => {
  const key = newKey();
  const below = await forge({ subject: 'CN=Below', ca: true, key, issuer: stolen, notAfter: Date.now() + day });
  const leaf = await forge({ subject: 'CN=localhost', names: [{ type: 'dns', value: 'localhost' }], issuer: { key, subject: 'CN=Below' } });
  const { server, port } = await serve({ cert: leaf.cert + below.cert, key: leaf.key });
  t.after(() => server.close());
  assert.match(await get(port, { ca, servername: 'localhost' }), /^refused: PATH_LENGTH_EXCEEDED/);
  assert.equal(await get(port, { ca: below.cert, servername: 'localhost', allowPartialTrustChain: true }), 'hello');
});
