import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packBundle } from '../../../gateway/bundle/pack-bundle.ts';
import { unpackBundle } from '../../../gateway/bundle/unpack-bundle.ts';
import { findDefaultBundle } from '../../../gateway/demo/demo.ts';
import { startDemoGateway } from '../../main/gateway.ts';
import { readRecords } from './records.ts';

/** The default bundle with other contents at some of its paths. */
async function changed(change: (manifest: { revision: string }) => object): Promise<Buffer> {
  const files = new Map(await unpackBundle(readFileSync(findDefaultBundle())));
  const name = [...files.keys()].find((each) => each.endsWith('.manifest')) ?? '';
  files.set(name, Buffer.from(JSON.stringify(change(JSON.parse(Buffer.from(files.get(name) ?? '').toString())))));
  return packBundle(files);
}

async function start(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'regate-push-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'pushed.tar.gz');
  copyFileSync(findDefaultBundle(), path);
  const { gateway, demo, directory, post } = await startDemoGateway(t, {
    configure: (configuration) => ({
      ...configuration,
      policy: {
        ...configuration.policy,
        bundles: [{ name: 'default', source: { kind: 'file', path, pushed: true }, poll: { minSeconds: 600, maxSeconds: 600 } }],
      },
    }),
  });
  const ca = await readFile(gateway.caPath ?? '');
  const push = (caller: string, body: Buffer, name = 'default') =>
    new Promise<{ readonly status: number; readonly json: Record<string, unknown> }>((resolve, reject) => {
      const headers = { authorization: `Bearer ${demo.tokens[caller]}`, 'content-type': 'application/gzip' };
      const call = request(`${gateway.adminUrl}/v1/bundles/${name}`, { method: 'PUT', ca, headers }, async (answer) => {
        let text = '';
        for await (const chunk of answer) text += String(chunk);
        resolve({ status: answer.statusCode ?? 0, json: JSON.parse(text) });
      });
      call.on('error', reject);
      call.end(body);
    });
  const works = async () =>
    (await post('/v1/chat/completions', 'contractor', { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'x' }] })).status;
  return { push, works, path, records: () => readRecords(directory) };
}

test('a bundle that is pushed is in force with the answer, and who pushed it is on the record', async (t) => {
  const { push, works, records } = await start(t);
  const bytes = await changed((manifest) => ({ ...manifest, revision: 'pushed-1' }));
  const done = await push('administrator', bytes);
  assert.deepEqual([done.status, done.json['revision']], [200, 'pushed-1']);
  assert.equal(await works(), 200);
  const record = records().find(({ action }) => action === 'bundles.push');
  assert.equal(record?.identity?.chain[0]?.id, 'demo:olga');
  assert.equal(record?.parameters?.['bytes'], bytes.length);
});

test('one that is refused changes nothing, is told why, and does not lie there afterwards', async (t) => {
  const { push, works, path, records } = await start(t);
  const before = readFileSync(path);
  for (const bad of [
    Buffer.from('this is no bundle'),
    before.subarray(0, 2000),
    await changed((manifest) => ({ ...manifest, roots: ['elsewhere'] })),
  ]) {
    const refused = await push('administrator', bad);
    assert.equal(refused.status, 409);
    assert.match(String(refused.json['title']), /not in force/);
    assert.deepEqual(readFileSync(path), before);
    assert.equal(await works(), 200);
  }
  assert.ok(records().some(({ action, decision, code }) => action === 'bundles.push' && decision === 'error' && code === 'admin.conflict'));
});

test('nobody pushes without a grant, nor where no push is taken', async (t) => {
  const { push, path } = await start(t);
  const before = readFileSync(path);
  const bytes = await changed((manifest) => ({ ...manifest, revision: 'pushed-2' }));
  assert.equal((await push('engineer', bytes)).json['code'], 'policy.denied');
  assert.equal((await push('administrator', bytes, 'another')).json['code'], 'admin.not-found');
  assert.equal((await push('administrator', Buffer.alloc(0))).json['code'], 'admin.malformed');
  assert.deepEqual(readFileSync(path), before);
  assert.ok(existsSync(path));
});
