import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { hashFile } from '../../gateway/bundle/hash-file.ts';
import { packBundle } from '../../gateway/bundle/pack-bundle.ts';
import { readToken } from '../../gateway/bundle/read-token.ts';
import { unpackBundle } from '../../gateway/bundle/unpack-bundle.ts';
import { unpackTar } from '../../gateway/bundle/unpack-tar.ts';
import { verifyBundle } from '../../gateway/bundle/verify-bundle.ts';
import { Breakage } from '../../gateway/errors.ts';
import { document } from '../bundle/documents.ts';
import { pairFor, signed, verificationOf } from '../bundle/workbench.ts';

const pair = pairFor('EdDSA');
const verification = verificationOf(pair);
const packed = await packBundle(signed(pair));
const tar = gunzipSync(packed);

/** Whatever is thrown is a refusal with a sentence. */
async function refusesOr<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    assert.ok(error instanceof Breakage && error.code === 'policy.unavailable', String(error));
    return undefined;
  }
}

const plainName = /^[^/\\]+(\/[^/\\]+)*$/;

test('a tar that was damaged anywhere is refused, or gives plain names', async () => {
  const damage = fc.array(fc.tuple(fc.nat(tar.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(damage, fc.option(fc.nat(tar.length)), async (changes, cut) => {
      const bytes = Buffer.from(cut === null ? tar : tar.subarray(0, cut));
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
      const files = await refusesOr(() => unpackTar(bytes));
      for (const name of files?.keys() ?? []) {
        assert.match(name, plainName);
        assert.ok(!name.split('/').some((part) => part === '.' || part === '..'));
      }
    }),
    { numRuns: 400 },
  );
});

test('bytes that nobody packed are refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2048 }), async (bytes) => {
      await refusesOr(() => unpackTar(bytes));
      assert.equal(await refusesOr(() => unpackBundle(bytes)), undefined);
      await refusesOr(() => unpackBundle(gzipSync(bytes)));
    }),
    { numRuns: 200 },
  );
});

test('no change of one byte of a signed archive passes as another content', async () => {
  const before = await unpackTar(tar);
  await fc.assert(
    fc.asyncProperty(fc.nat(tar.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const bytes = Buffer.from(tar);
      bytes[at] = (bytes[at] ?? 0) ^ flip;
      const files = await refusesOr(() => unpackTar(bytes));
      if (files === undefined || 'problems' in verifyBundle(files, verification)) return;
      // What passes differs in nothing that counts: an owner, a time, the white space of a document.
      assert.deepEqual([...files.keys()], [...before.keys()]);
      for (const [name, content] of files) {
        if (name === '.signatures.json') continue;
        assert.equal(hashFile(name, content, 'SHA-512'), hashFile(name, before.get(name) ?? new Uint8Array(), 'SHA-512'));
      }
    }),
    { numRuns: 600 },
  );
});

const { signatures } = JSON.parse(Buffer.from(signed(pair).get('.signatures.json') ?? []).toString()) as { signatures: [string] };
const [token] = signatures;

test('no other text passes as the token', () => {
  const character = fc.constantFrom(...'ABab01-_.=+/ \n%"{}');
  fc.assert(
    fc.property(fc.nat(token.length - 1), character, fc.constantFrom('replace', 'insert', 'delete'), (at, other, how) => {
      const changed = `${token.slice(0, at)}${how === 'delete' ? '' : other}${token.slice(how === 'insert' ? at : at + 1)}`;
      fc.pre(changed !== token);
      const files = signed(pair).set('.signatures.json', Buffer.from(JSON.stringify({ signatures: [changed] })));
      assert.ok('problems' in verifyBundle(files, verification), changed);
    }),
    { numRuns: 400 },
  );
});

test('a text of any kind is a token or a sentence', () => {
  const part = fc.oneof(
    fc.string(),
    fc.base64String(),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const read = readToken(parts.join('.'));
      assert.ok(typeof read === 'string' ? read.length > 0 : typeof read.header === 'object');
    }),
    { numRuns: 500 },
  );
});

test('a document and what JSON makes of it have one hash, where its numbers are spelt as JSON spells them', () => {
  fc.assert(
    fc.property(fc.jsonValue({ depthSize: 'small' }), fc.integer({ min: 0, max: 4 }), (value, indent) => {
      // As UTF-8, and without the keys that a parser of JavaScript cannot keep apart from numbers.
      const text = JSON.stringify({ value }, null, indent);
      fc.pre(text.isWellFormed() && !text.includes('\\ud'));
      const compact = JSON.stringify(sorted(JSON.parse(text)));
      assert.equal(hashFile('data.json', Buffer.from(text), 'SHA-256'), hashFile('data.json', Buffer.from(compact), 'SHA-256'));
    }),
    { numRuns: 300 },
  );
});

test('a document in any spelling has a hash, and another white space the same', () => {
  fc.assert(
    fc.property(document, (text) => {
      const hash = hashFile('data.json', Buffer.from(text), 'SHA-256');
      assert.equal(hashFile('data.json', Buffer.from(` \n${text}\t`), 'SHA-256'), hash);
    }),
    { numRuns: 300 },
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? 1 : -1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
