import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { hashFile, isStructured } from '../../gateway/bundle/hash-file.ts';
import { Breakage } from '../../gateway/errors.ts';
import vectors from './fixtures/canonical-hashes.json' with { type: 'json' };

for (const { text, sha256 } of vectors) {
  test(`opa sign gives ${text} the same hash`, () => {
    assert.equal(hashFile('data.json', Buffer.from(text), 'SHA-256'), sha256);
    assert.equal(hashFile('a/b/.manifest', Buffer.from(text), 'SHA-256'), sha256);
  });
}

test('what is no document is hashed as it is', () => {
  const content = Buffer.from('{"b":1, "a":2}');
  for (const name of ['x.json', 'policy.wasm', 'my-data.json', 'data.json/x', '.manifest.pb', 'data.json.rego', 'plan.json']) {
    assert.equal(isStructured(name), false, name);
    assert.equal(hashFile(name, content, 'SHA-512'), createHash('sha512').update(content).digest('hex'));
  }
});

for (const [what, content, why] of [
  ['invalid UTF-8, which opa replaces', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /json\.not-utf8/],
  ['an unpaired surrogate, which opa replaces', '{"a":"\\ud800"}', /json\.lone-surrogate/],
  ['a key that comes twice, of which opa takes the last', '{"a":1,"\\u0061":2}', /json\.duplicate-key/],
  ['a byte order mark, over which opa passes', '\ufeff{}', /strict JSON/],
  ['a list', '[]', /strict JSON object/],
  ['two documents', '{} {}', /strict JSON/],
  ['a number that is none', '{"a":01}', /strict JSON/],
  ['nothing', '', /strict JSON/],
  ['more depth than any data', `{"a":${'['.repeat(300)}${']'.repeat(300)}}`, /json\.too-deep/],
] as const) {
  test(`a document with ${what} has no hash`, () => {
    assert.throws(
      () => hashFile('data.json', Buffer.from(content), 'SHA-256'),
      (error) => error instanceof Breakage && error.code === 'policy.unavailable' && why.test(error.message),
    );
  });
}
