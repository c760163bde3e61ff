import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { packBundle } from '../../gateway/bundle/pack-bundle.ts';
import { type SigningClaims, signBundle } from '../../gateway/bundle/sign-bundle.ts';
import { unpackBundle } from '../../gateway/bundle/unpack-bundle.ts';
import { makePolicy } from '../../gateway/composition/policy.ts';
import { keyOf, makePair, now, pairFor } from '../bundle/workbench.ts';
import { changedStub, keepingLogger, stubBytes } from '../engine/harness.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';
import { data, openSite, rules } from './harness.ts';

const pair = pairFor('ES256');
const claims: SigningClaims = { keyId: 'release', scope: '', version: 7, issuedAt: now / 1000 };

async function sign(bytes: Uint8Array, changes: Partial<SigningClaims> = {}, key = pair): Promise<Buffer> {
  return packBundle(signBundle(await unpackBundle(bytes), { algorithm: key.algorithm, key: keyOf(key) }, { ...claims, ...changes }));
}
const revised = (revision: string) =>
  changedStub({ '/.manifest': JSON.stringify({ revision, wasm: [{ entrypoint: 'gateway/decision/answer', module: '/policy.wasm' }] }) });

/** A gateway's engine over one file, which demands signatures. */
function open(t: TestContext, allowDowngrade = false) {
  const folder = mkdtempSync(join(tmpdir(), 'regate-signed-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [bundle, keyFile] = [join(folder, 'regate.tar.gz'), join(folder, 'key.pem')];
  writeFileSync(keyFile, pair.verifying);
  const place = (path: string, bytes: Uint8Array | string) => {
    writeFileSync(`${path}.new`, bytes);
    renameSync(`${path}.new`, path);
  };
  const start = () => {
    const logger = keepingLogger();
    const policy = makePolicy({
      policy: {
        bundles: [{ name: 'regate', source: { kind: 'file', path: bundle }, poll: { minSeconds: 7, maxSeconds: 7 } }],
        maxMemoryBytes: 64 << 20,
        maxEvaluationMs: 50,
        verification: {
          keys: [{ id: 'release', algorithm: 'ES256', path: keyFile }],
          scope: '',
          allowDowngrade,
          versionsFile: join(folder, 'versions.json'),
        },
      },
      catalogue: sampleCatalogue,
      clock: { now: () => now, monotonic: () => 5 },
      logger,
    });
    const engine = { ...policy, status: () => policy.status().bundles['regate'] ?? assert.fail('no status') };
    const deploy = async (bytes: Uint8Array) => {
      place(bundle, bytes);
      await engine.refresh();
    };
    const replaceKey = async (pem: string) => {
      place(keyFile, pem);
      await engine.refresh();
    };
    return { ...engine, logger, deploy, replaceKey };
  };
  return { folder, start };
}

describe('a gateway that demands signatures', () => {
  it('activates a bundle that is signed, and says whose signature it bears', async (t) => {
    const engine = open(t).start();
    await engine.deploy(await sign(stubBytes, { expiresAt: now / 1000 + 60 }));
    assert.equal(engine.current()?.stamp.revision, 'stub-1');
    assert.deepEqual(engine.status().signature, { key_id: 'release', scope: '', version: 7, expires_at: '2026-03-01T12:01:00.000Z' });
  });

  const bad: readonly [string, () => Promise<Uint8Array>, RegExp][] = [
    ['is not signed', () => revised('two'), /holds no \.signatures\.json/],
    [
      'is signed with another key',
      async () => sign(await revised('two'), { version: 8 }, makePair('ES256')),
      /was not made with key release/,
    ],
    ['has expired', async () => sign(await revised('two'), { version: 8, expiresAt: now / 1000 }), /the signature expired at 2026-03-01/],
    ['is older', async () => sign(await revised('two'), { version: 6 }), /its version is 6, and 7 has been active/],
    ['has the version of the active one', async () => sign(await revised('two')), /but its content is another/],
    [
      'holds a file of another release',
      async () => {
        const files = new Map(await unpackBundle(await sign(await revised('two'), { version: 8 })));
        return packBundle(files.set('data.json', Buffer.from('{}')));
      },
      /data\.json: its content is not what was signed/,
    ],
  ];
  for (const [what, make, why] of bad) {
    it(`keeps the active revision when the next ${what}, and says why in status and log`, async (t) => {
      const engine = open(t).start();
      await engine.deploy(await sign(stubBytes));
      await engine.deploy(await make());
      assert.equal(engine.current()?.stamp.revision, 'stub-1');
      assert.match(engine.status().message ?? '', why);
      const errors = engine.logger.lines.filter(({ level }) => level === 'error');
      assert.equal(errors.length, 1);
      assert.match(String(errors[0]?.fields['message']), why);
      await engine.deploy(await sign(await revised('three'), { version: 9 }));
      assert.equal(engine.current()?.stamp.revision, 'three');
      assert.equal(engine.status().message, undefined);
    });
  }

  it('does not forget over a restart which version was active', async (t) => {
    const { start } = open(t);
    await start().deploy(await sign(await revised('nine'), { version: 9 }));
    const restarted = start();
    await restarted.deploy(await sign(stubBytes));
    assert.equal(restarted.current(), undefined);
    assert.match(restarted.status().message ?? '', /its version is 7, and 9 has been active/);
  });

  it('takes an older one where downgrades are allowed', async (t) => {
    const engine = open(t, true).start();
    await engine.deploy(await sign(await revised('nine'), { version: 9 }));
    await engine.deploy(await sign(stubBytes));
    assert.equal(engine.current()?.stamp.revision, 'stub-1');
  });

  it('looks again at a bundle that it has refused when a key is replaced', async (t) => {
    const engine = open(t).start();
    const next = makePair('ES256');
    await engine.deploy(await sign(stubBytes, {}, next));
    assert.equal(engine.current(), undefined);
    await engine.replaceKey('nope');
    assert.match(engine.status().message ?? '', /release is not a public key/);
    await engine.replaceKey(next.verifying);
    assert.equal(engine.current()?.stamp.revision, 'stub-1');
  });

  it('activates nothing whose version it cannot keep', async (t) => {
    const { folder, start } = open(t);
    const engine = start();
    writeFileSync(join(folder, 'versions.json'), 'damaged');
    await engine.deploy(await sign(stubBytes));
    assert.equal(engine.current(), undefined);
    assert.match(engine.status().message ?? '', /is damaged/);
  });
});

describe('a bundle with a verification of its own', () => {
  it('bears the signature of whoever may publish it, which is worth nothing on another', async (t) => {
    const site = openSite(t);
    const people = makePair('ES256');
    writeFileSync(join(site.folder, 'rules.pem'), pair.verifying);
    writeFileSync(join(site.folder, 'words.pem'), people.verifying);
    const verificationOf = (name: string) => ({
      keys: [{ id: 'release', algorithm: 'ES256' as const, path: join(site.folder, `${name}.pem`) }],
      scope: '',
      allowDowngrade: false,
      versionsFile: join(site.folder, 'versions.json'),
    });
    const bundleOf = (name: string) => ({
      name,
      source: { kind: 'file' as const, path: join(site.folder, `${name}.tar.gz`) },
      poll: { minSeconds: 60, maxSeconds: 60 },
    });
    const policy = site.open(
      {
        bundles: [bundleOf('rules'), { ...bundleOf('words'), verification: verificationOf('words') }],
        verification: verificationOf('rules'),
      },
      { clock: { now: () => now, monotonic: () => 5 } },
    );
    await site.deploy('rules', await sign(await rules('r1')));
    await site.deploy('words', await sign(await data('w1', { greeting: 'hello' }), {}, people));
    await policy.refresh();
    assert.equal(policy.greeting(), 'hello');
    await site.deploy('rules', await sign(await rules('r2'), { version: 8 }, people));
    await policy.refresh();
    assert.equal(policy.current()?.stamp.revision, 'r1');
    assert.match(policy.messageOf('rules') ?? '', /not made with key release/);
  });
});
