import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readBundle } from '../../gateway/engine/read-bundle.ts';
import { Breakage } from '../../gateway/errors.ts';
import { changedStub, type Entry, packBundle, stubBytes, stubEntries } from './harness.ts';

const refused = (why: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Breakage);
  assert.equal(error.code, 'policy.unavailable');
  assert.match(error.message, why);
  return true;
};

describe('a bundle as opa build writes it', () => {
  it('gives the stamp, the entry points, the module and the data', async () => {
    const bundle = await readBundle('/some/where/regate.tar.gz', stubBytes);
    assert.deepEqual(bundle.stamp, { bundle: 'regate', revision: 'stub-1', digest: createHash('sha256').update(stubBytes).digest('hex') });
    assert.ok(bundle.entrypoints.includes('gateway/decision/answer'));
    assert.deepEqual([...bundle.wasm.subarray(0, 4)], [0, 0x61, 0x73, 0x6d]);
    assert.equal(bundle.data['greeting'], 'good day');
  });

  it('is called after its folder where the file has the name that tools give every bundle', async () => {
    const bundle = await readBundle('/srv/policies/payments/bundle.tar.gz', stubBytes);
    assert.equal(bundle.stamp.bundle, 'payments');
  });
});

describe('a bundle that is not what it should be', () => {
  const changes: readonly [string, Record<string, string | undefined>, RegExp][] = [
    ['has no manifest', { '/.manifest': undefined }, /no \.manifest/],
    ['has no module', { '/policy.wasm': undefined }, /no policy\.wasm/],
    [
      'has only Rego',
      { '/policy.wasm': undefined, '/.manifest': '{"revision":"r"}', '/a.rego': 'package a' },
      /holds Rego and no policy\.wasm/,
    ],
    ['has a manifest that is not JSON', { '/.manifest': '{' }, /\.manifest is not JSON/],
    ['has a manifest that is a list', { '/.manifest': '[]' }, /\.manifest is not an object/],
    ['has a revision that is a number', { '/.manifest': '{"revision":1,"wasm":[]}' }, /revision/],
    ['is not compiled', { '/.manifest': '{"revision":"x"}' }, /-t wasm/],
    ['has an entry point elsewhere', { '/.manifest': '{"wasm":[{"entrypoint":"a","module":"/b.wasm"}]}' }, /not in \/policy\.wasm/],
    ['has data that is not JSON', { '/data.json': 'nope' }, /data\.json is not JSON/],
    ['has data in a second file', { '/more/data.json': '{}' }, /more\/data\.json/],
    ['has data as YAML', { '/data.yaml': 'a: 1' }, /data\.yaml/],
    ['is a delta bundle', { '/patch.json': '{"data":[]}' }, /delta/],
  ];
  for (const [what, change, why] of changes) {
    it(what, async () => {
      await assert.rejects(readBundle('b.tar.gz', await changedStub(change)), refused(why));
    });
  }

  const extra: readonly [string, Entry, RegExp][] = [
    ['climbs out of its directory', { name: '/../evil.rego' }, /plain relative path/],
    ['climbs in the middle', { name: 'a/../../evil.rego' }, /plain relative path/],
    ['has an absolute name below the first slash', { name: '//etc/passwd' }, /plain relative path/],
    ['has a Windows path', { name: 'a\\..\\b' }, /plain relative path/],
    ['has a symbolic link', { name: '/x.rego', header: { type: 'symlink', linkname: '/etc/passwd' } }, /symlink/],
    ['has a hard link', { name: '/x.rego', header: { type: 'link', linkname: 'policy.wasm' } }, /a link/],
    ['has a device', { name: '/dev', header: { type: 'character-device' } }, /character-device/],
    ['has a file twice', { name: '/data.json', content: '{}' }, /data\.json is in it twice/],
    ['has a file twice, once without the slash', { name: 'policy.wasm', content: 'x' }, /policy\.wasm is in it twice/],
  ];
  for (const [what, entry, why] of extra) {
    it(what, async () => {
      await assert.rejects(readBundle('b.tar.gz', await packBundle([...(await stubEntries()), entry])), refused(why));
    });
  }

  it('has more entries than any policy', async () => {
    const many = Array.from({ length: 10_001 }, (_, index) => ({ name: `/f${index}` }));
    await assert.rejects(readBundle('b.tar.gz', await packBundle(many)), refused(/more than 10000 entries/));
  });

  it('is not gzip', async () => {
    await assert.rejects(readBundle('b.tar.gz', Buffer.from('hello')), refused(/gzip/));
  });

  it('is gzip of something else', async () => {
    await assert.rejects(readBundle('b.tar.gz', gzipSync('x'.repeat(2000))), refused(/tar archive/));
  });

  it('is cut off anywhere', async () => {
    for (const share of [0.1, 0.5, 0.9, 0.999]) {
      await assert.rejects(readBundle('b.tar.gz', stubBytes.subarray(0, Math.floor(stubBytes.length * share))), refused(/gzip/));
    }
  });

  it('is cut off before it was compressed', async () => {
    const tar = gunzipSync(stubBytes);
    await assert.rejects(readBundle('b.tar.gz', gzipSync(tar.subarray(0, 20_000))), refused(/whole tar archive/));
  });

  it('inflates to more than it may', async () => {
    await assert.rejects(readBundle('b.tar.gz', gzipSync(Buffer.alloc(65 * 1024 * 1024))), refused(/more than 64 MiB/));
  });
});
