import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { unpackBundle } from '../../gateway/bundle/unpack-bundle.ts';
import { requireVerified } from '../../gateway/bundle/verify-bundle.ts';
import { Breakage } from '../../gateway/errors.ts';
import { pairFor, signed, verificationOf } from '../bundle/workbench.ts';
import { type Entry, packBundle } from '../engine/harness.ts';

const refused = (why: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Breakage);
  assert.equal(error.code, 'policy.unavailable');
  assert.match(error.message, why);
  return true;
};
const honest: Entry[] = [{ name: '/data.json', content: '{}' }];

describe('an archive that means harm', () => {
  it('a bomb: a gigabyte from a megabyte', async () => {
    const member = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const bomb = Buffer.concat(Array.from({ length: 16 }, () => member));
    assert.ok(bomb.length < 1.1 * 1024 * 1024, `${bomb.length} bytes make a gigabyte`);
    await assert.rejects(unpackBundle(bomb), refused(/more than 64 MiB/));
  });

  it('one file of more than any policy, within what an archive may be', async () => {
    const large = await packBundle([{ name: '/data.json', content: Buffer.alloc(33 * 1024 * 1024, 0x20) }]);
    await assert.rejects(unpackBundle(large), refused(/data\.json" is larger than/));
  });

  const entries: Readonly<Record<string, Entry>> = {
    'a name that climbs out (zip slip)': { name: '../../../../etc/cron.d/x', content: 'x' },
    'an absolute name behind the slash that OPA writes': { name: '//etc/passwd', content: 'x' },
    'a path of Windows': { name: 'C:\\x', content: 'x' },
    'a symbolic link to a secret': { name: 'data.yaml', header: { type: 'symlink', linkname: '/etc/passwd' } },
    'a hard link to the module': { name: 'other.wasm', header: { type: 'link', linkname: 'policy.wasm' } },
    'a named pipe': { name: 'x', header: { type: 'fifo' } },
    'a name with a newline, which would forge a line of the log': { name: 'a\nb', content: 'x' },
  };
  for (const [what, entry] of Object.entries(entries)) {
    it(what, async () => {
      await assert.rejects(unpackBundle(await packBundle([...honest, entry])), refused(/not a plain relative path|only files may be/));
    });
  }

  it('a name that is not UTF-8, and so has two spellings', async () => {
    const tar = gunzipSync(await packBundle([...honest, { name: 'zz.rego', content: 'x' }]));
    const at = tar.indexOf('zz.rego');
    tar[at] = 0xff;
    const sum = tar.subarray(at, at + 512);
    sum.fill(0x20, 148, 156);
    Buffer.from(
      `${sum
        .reduce((total, byte) => total + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
    ).copy(sum, 148);
    await assert.rejects(unpackBundle(gzipSync(tar)), refused(/not a plain relative path/));
  });

  it('entries behind the end of the archive, which opa does not see', async () => {
    const [first, second] = await Promise.all([packBundle(honest), packBundle([{ name: '/policy.wasm', content: 'evil' }])]);
    const both = gzipSync(Buffer.concat([gunzipSync(first), gunzipSync(second)]));
    await assert.rejects(unpackBundle(both), refused(/something follows the end of its archive/));
  });

  it('one name twice, in two spellings', async () => {
    await assert.rejects(
      unpackBundle(await packBundle([...honest, { name: 'data.json', content: '[]' }])),
      refused(/data\.json is in it twice/),
    );
  });

  it('is cut off', async () => {
    const whole = await packBundle([...honest, { name: 'b.rego', content: 'x'.repeat(5000) }]);
    await assert.rejects(unpackBundle(whole.subarray(0, whole.length - 9)), refused(/not a whole gzip file/));
    const tar = gunzipSync(whole);
    await assert.rejects(unpackBundle(gzipSync(tar.subarray(0, 3000))), refused(/not a whole tar archive/));
  });
});

it('a signed bundle with the same files twice does not come as far as its signature', async () => {
  const files = signed(pairFor('EdDSA'));
  const entries = [...files, ...files].map(([name, content]) => ({ name, content }));
  await assert.rejects(
    async () => requireVerified(await unpackBundle(await packBundle(entries)), verificationOf(pairFor('EdDSA'))),
    refused(/twice/),
  );
});
