import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { hashFile } from '../../gateway/bundle/hash-file.ts';
import { packBundle } from '../../gateway/bundle/pack-bundle.ts';
import { signBundle } from '../../gateway/bundle/sign-bundle.ts';
import { signingAlgorithms } from '../../gateway/bundle/signing-algorithm.ts';
import { unpackBundle } from '../../gateway/bundle/unpack-bundle.ts';
import { requireVerified } from '../../gateway/bundle/verify-bundle.ts';
import { readPart } from '../../gateway/engine/read-bundle.ts';
import type { SigningAlgorithm } from '../../gateway/vocabulary/verification.ts';
import { installOpa } from '../bench/opa-build.ts';
import { document } from '../bundle/documents.ts';
import vectors from '../bundle/fixtures/canonical-hashes.json' with { type: 'json' };
import { claims, keyOf, now, pairFor, verificationOf } from '../bundle/workbench.ts';
import { policiesWith, policy } from '../toolchain/toolchain-harness.ts';

const opa = installOpa();
const missing = typeof opa === 'string' || process.env['CI'] !== undefined ? false : opa.missing;
const folder = mkdtempSync(join(tmpdir(), 'regate-round-trip-'));
after(() => rmSync(folder, { recursive: true }));

function run(...args: readonly string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  assert.ok(typeof opa === 'string', 'opa is there');
  const { status, stdout, stderr, error } = spawnSync(opa, args, { cwd: folder, encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { code: status, out: stdout, err: stderr };
}
function succeed(...args: readonly string[]): string {
  const { code, out, err } = run(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${out}${err}`);
  return out;
}

/** What opa said, to whichever it said it, of something that failed. */
function told({ code, out, err }: ReturnType<typeof run>): string {
  assert.notEqual(code, 0);
  return out + err;
}

/** Key files for an algorithm, as opa takes them. */
function keyFiles(algorithm: SigningAlgorithm): { readonly signing: string; readonly verifying: string } {
  const pair = pairFor(algorithm);
  const [signing, verifying] = [join(folder, `${algorithm}.key`), join(folder, `${algorithm}.pub`)];
  writeFileSync(signing, pair.signing);
  writeFileSync(verifying, pair.verifying);
  return { signing, verifying };
}

cpSync(join(import.meta.dirname, '..', 'toolchain', 'fixtures', 'small'), join(folder, 'small'), { recursive: true });
for (const name of ['schemas', 'gateway/decision/answer_test.rego']) rmSync(join(folder, 'small', name), { recursive: true, force: true });

describe('opa and the gateway accept each other’s signatures', { skip: missing }, () => {
  for (const algorithm of signingAlgorithms) {
    it(`${algorithm}: built and signed by opa, verified and read here`, async () => {
      const { signing } = keyFiles(algorithm);
      writeFileSync(join(folder, 'claims.json'), JSON.stringify({ scope: 'write', keyid: 'release', regate_version: 3 }));
      succeed(
        ...['build', '-t', 'wasm', '-b', 'small', '-e', 'gateway/decision/answer', '-o', 'theirs.tar.gz'],
        ...['--signing-key', signing, '--signing-alg', algorithm, '--claims-file', 'claims.json'],
      );
      const bytes = readFileSync(join(folder, 'theirs.tar.gz'));
      const { verified } = await readPart('theirs', bytes, verificationOf(pairFor(algorithm)));
      assert.deepEqual([verified?.keyId, verified?.scope, verified?.version], ['release', 'write', 3]);
      const files = new Map(await unpackBundle(bytes));
      const altered = files.set('policy.wasm', Buffer.from('x'));
      assert.throws(() => requireVerified(altered, verificationOf(pairFor(algorithm))), /policy\.wasm: its content is not what was signed/);
    });

    it(`${algorithm}: signed here, verified by opa; altered, refused by opa`, async () => {
      succeed('build', '-t', 'wasm', '-b', 'small', '-e', 'gateway/decision/answer', '-o', 'unsigned.tar.gz');
      const { verifying } = keyFiles(algorithm);
      const unsigned = await unpackBundle(readFileSync(join(folder, 'unsigned.tar.gz')));
      const signed = new Map(signBundle(unsigned, { algorithm, key: keyOf(pairFor(algorithm)) }, claims));
      const verify = async (scope: string) => {
        writeFileSync(join(folder, 'ours.tar.gz'), await packBundle(signed));
        const flags = ['--verification-key', verifying, '--verification-key-id', 'release', '--signing-alg', algorithm, '--scope', scope];
        return run('build', '-b', 'ours.tar.gz', '-o', 'again.tar.gz', ...flags);
      };
      const accepted = await verify('write');
      assert.equal(accepted.code, 0, accepted.err + accepted.out);
      assert.match(told(await verify('read')), /scope mismatch/);
      signed.set('data.json', Buffer.from('{"models":{}}'));
      assert.match(told(await verify('write')), /data\.json: digest mismatch/);
      assert.equal(run('inspect', 'ours.tar.gz').code, 0);
    });
  }

  it('a bundle built and signed here is evaluated by opa, in the module: the rule is nowhere else', async (t) => {
    const withModules = installOpa('opa_wasm');
    assert.ok(typeof withModules === 'string');
    const cwd = policiesWith(t);
    writeFileSync(join(cwd, 'key.pem'), pairFor('EdDSA').signing);
    writeFileSync(join(cwd, 'input.json'), '{"identity": {"roles": ["engineer"]}, "model": {"requested": "large"}}');
    assert.equal((await policy(cwd, 'build')).code, 0);
    assert.equal((await policy(cwd, 'sign', 'bundle.tar.gz', '--key', 'key.pem')).code, 0);
    const rego = (await unpackBundle(readFileSync(join(cwd, 'bundle.tar.gz')))).get('gateway/decision/answer.rego');
    assert.doesNotMatch(Buffer.from(rego ?? []).toString(), /^answer := /m);
    const { stdout, stderr } = spawnSync(
      withModules,
      ['eval', '-b', 'bundle.tar.gz', '-i', 'input.json', '-f', 'raw', 'data.gateway.decision.answer'],
      { cwd, encoding: 'utf8' },
    );
    assert.equal(stdout, '{"allow":true,"reasons":[]}\n', stderr);
  });

  it('a plain opa sign, which names no key and no version', async () => {
    const { signing } = keyFiles('RS256');
    succeed('build', '-t', 'wasm', '-b', 'small', '-e', 'gateway/decision/answer', '-o', 'plain.tar.gz');
    succeed('sign', '--signing-key', signing, '--bundle', 'plain.tar.gz');
    const files = new Map(await unpackBundle(readFileSync(join(folder, 'plain.tar.gz'))));
    files.set('.signatures.json', readFileSync(join(folder, '.signatures.json')));
    const verification = verificationOf(pairFor('RS256'), { scope: '' });
    assert.throws(() => requireVerified(files, verification), /has no regate_version/);
    assert.equal(requireVerified(files, { ...verification, allowDowngrade: true }).keyId, 'release');
  });

  it('a server of opa’s starts on a bundle signed here, and not on one that was altered', async () => {
    const { verifying } = keyFiles('ES256');
    succeed('build', '-b', 'small', '-o', 'rego.tar.gz');
    const files = await unpackBundle(readFileSync(join(folder, 'rego.tar.gz')));
    const signed = new Map(signBundle(files, { algorithm: 'ES256', key: keyOf(pairFor('ES256')) }, claims));
    const flags = ['--verification-key', verifying, '--verification-key-id', 'release', '--signing-alg', 'ES256', '--scope', 'write'];
    writeFileSync(join(folder, 'served.tar.gz'), await packBundle(signed));
    const models = await askServer(['-b', 'served.tar.gz', ...flags]);
    assert.deepEqual(models, { result: { engineer: ['large', 'small'], intern: ['small'] } });
    signed.set('data.json', Buffer.from('{"models":{}}'));
    writeFileSync(join(folder, 'served.tar.gz'), await packBundle(signed));
    await assert.rejects(askServer(['-b', 'served.tar.gz', ...flags]), /digest mismatch/);
  });
});

/** Asks a server for `data.models`, over a socket in the folder. @throws with what it said where it does not start */
async function askServer(flags: readonly string[]): Promise<unknown> {
  assert.ok(typeof opa === 'string');
  const socketPath = join(folder, 'opa.sock');
  const child = spawn(opa, ['run', '--server', '--addr', `unix://${socketPath}`, ...flags], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const ended = once(child, 'exit');
  try {
    for (let waited = 0; waited < 400; waited++) {
      if (child.exitCode !== null) throw new Error(said);
      if (existsSync(socketPath)) return JSON.parse(await getModels(socketPath));
      await sleep(25);
    }
    throw new Error(`no server: ${said}`);
  } finally {
    child.kill();
    await ended;
    rmSync(socketPath, { force: true });
  }
}

async function getModels(socketPath: string): Promise<string> {
  const request = get({ socketPath, path: '/v1/data/models' });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return await text(response);
}

describe('documents are hashed as opa hashes them', { skip: missing }, () => {
  /** What `opa sign` says of documents, by number. */
  function hashesOfOpa(name: string, texts: readonly (string | Uint8Array)[]): Map<number, string> {
    const top = join(folder, name);
    for (const [index, content] of texts.entries()) {
      mkdirSync(join(top, `d${index}`), { recursive: true });
      writeFileSync(join(top, `d${index}`, 'data.json'), content);
    }
    succeed('sign', '--signing-alg', 'HS256', '--signing-key', 'x'.repeat(32), '--bundle', name, '-o', name);
    const { signatures } = JSON.parse(readFileSync(join(top, '.signatures.json'), 'utf8')) as { signatures: string[] };
    const { files } = JSON.parse(Buffer.from(signatures[0]?.split('.')[1] ?? '', 'base64url').toString()) as {
      files: { name: string; hash: string }[];
    };
    return new Map(files.map((file) => [Number(/d(\d+)\/data\.json$/.exec(file.name)?.[1]), file.hash]));
  }

  it('those that are kept as vectors', () => {
    const hashes = hashesOfOpa(
      'kept',
      vectors.map((vector) => vector.text),
    );
    assert.deepEqual(
      [...vectors.keys()].map((index) => hashes.get(index)),
      vectors.map(({ sha256 }) => sha256),
    );
  });

  it('and 2000 at random', () => {
    const texts = fc.sample(document, { numRuns: 2000, seed: now / 1000 });
    const hashes = hashesOfOpa('random', texts);
    assert.equal(hashes.size, texts.length);
    for (const [index, made] of texts.entries()) assert.equal(hashFile('data.json', Buffer.from(made), 'SHA-256'), hashes.get(index), made);
  });
});
