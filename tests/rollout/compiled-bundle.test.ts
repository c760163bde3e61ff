import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { packBundle } from '../../gateway/bundle/pack-bundle.ts';
import { signBundle } from '../../gateway/bundle/sign-bundle.ts';
import { makePolicy } from '../../gateway/composition/policy.ts';
import { digestOf } from '../../gateway/engine/read-bundle.ts';
import { sampleInput } from '../../gateway/engine/sample-inputs.ts';
import type { PolicyConfiguration } from '../../gateway/vocabulary/configuration.ts';
import { keyOf, now, pairFor } from '../bundle/workbench.ts';
import { keepingLogger } from '../engine/harness.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';
import { needsToolchain, small } from '../toolchain/toolchain-harness.ts';

const pair = pairFor('EdDSA');
const answer = readFileSync(join(small, 'gateway/decision/answer.rego'), 'utf8');
const files = (changes: Readonly<Record<string, string>> = {}) =>
  new Map(
    Object.entries({
      '.manifest': '{"revision":"rego-1","roots":["gateway/decision","models"],"rego_version":1}',
      'data.json': '{"models":{"engineer":["small"]}}',
      'gateway/decision/answer.rego': answer,
      ...changes,
    }).map(([name, text]) => [name, Buffer.from(text)] as const),
  );
const sign = (unsigned: ReturnType<typeof files>) =>
  signBundle(unsigned, { algorithm: 'EdDSA', key: keyOf(pair) }, { keyId: 'release', scope: '', version: 1, issuedAt: now / 1000 });

/** Looks once at a bundle. */
async function look(t: TestContext, bytes: Uint8Array, more: (folder: string) => Partial<PolicyConfiguration>) {
  const folder = mkdtempSync(join(tmpdir(), 'regate-compiled-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'b.tar.gz');
  writeFileSync(path, bytes);
  writeFileSync(join(folder, 'key.pem'), pair.verifying);
  const policy = makePolicy({
    policy: {
      bundles: [{ name: 'ours', source: { kind: 'file', path }, poll: { minSeconds: 7, maxSeconds: 7 } }],
      maxMemoryBytes: 64 << 20,
      maxEvaluationMs: 50,
      ...more(folder),
    },
    catalogue: sampleCatalogue,
    clock: { now: () => now, monotonic: () => 5 },
    logger: keepingLogger(),
  });
  await policy.refresh();
  policy.stop();
  return { policy, status: policy.status().bundles['ours'] ?? assert.fail('no status') };
}

const verification = (folder: string) => ({
  keys: [{ id: 'release', algorithm: 'EdDSA', path: join(folder, 'key.pem') }] as const,
  scope: '',
  allowDowngrade: false,
  versionsFile: join(folder, 'versions.json'),
});

describe('a bundle that brings only Rego', needsToolchain, () => {
  it('is refused with words, unless the configuration lets the gateway compile', async (t) => {
    const { policy, status } = await look(t, await packBundle(files()), () => ({}));
    assert.equal(policy.current(), undefined);
    assert.match(status.message ?? '', /holds Rego and no policy\.wasm.*or set policy\.compile/);
  });

  it('is compiled, and decides under its own revision and digest', async (t) => {
    const bytes = await packBundle(files());
    const { policy, status } = await look(t, bytes, () => ({ compile: true }));
    assert.equal(status.message, undefined);
    assert.deepEqual([policy.current()?.stamp.revision, policy.current()?.stamp.digest], ['rego-1', digestOf(bytes)]);
    assert.deepEqual(policy.current()?.evaluate('gateway/decision/answer', sampleInput), {
      allow: false,
      reasons: [{ code: 'model.not-granted' }],
    });
  });

  it('is compiled when its signature holds, which is that of what came', async (t) => {
    const { policy, status } = await look(t, await packBundle(sign(files())), (folder) => ({
      compile: true,
      verification: verification(folder),
    }));
    assert.equal(status.message, undefined);
    assert.equal(policy.current()?.stamp.revision, 'rego-1');
    assert.equal(status.signature?.version, 1);
  });

  it('is not even compiled when it does not', async (t) => {
    const altered = new Map(sign(files())).set('gateway/decision/answer.rego', Buffer.from('this would not compile'));
    const { policy, status } = await look(t, await packBundle(altered), (folder) => ({
      compile: true,
      verification: verification(folder),
    }));
    assert.equal(policy.current(), undefined);
    assert.equal(status.kind, 'signature');
    assert.match(status.message ?? '', /answer\.rego: its content is not what was signed/);
  });

  it('is refused with the words of the compiler where it does not compile, or calls what the gateway does not have', async (t) => {
    const broken = await look(t, await packBundle(files({ 'gateway/decision/answer.rego': 'package x\n\ny := (' })), () => ({
      compile: true,
    }));
    assert.equal(broken.status.kind, 'admission');
    assert.match(broken.status.message ?? '', /does not compile: ours\/gateway\/decision\/answer\.rego:3: rego_parse_error/);
    const calling = answer.replace(
      'granted if {',
      'granted if {\n\thttp.send({"method": "get", "url": "http://x.example"}).status_code == 200',
    );
    const refused = await look(t, await packBundle(files({ 'gateway/decision/answer.rego': calling })), () => ({ compile: true }));
    assert.match(refused.status.message ?? '', /http\.send/);
  });
});
