import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { codeOf, post, serve } from '../pipeline/collect/given.ts';

/* What the gateway cannot read it must not pass on: a backend that decodes it would act on what nobody judged. */
suite('a body in another coding or character set', async () => {
  const at = await serve();
  after(at.close);
  const body = '{"model":"small","messages":[]}';
  for (const [name, bytes, headers, code] of [
    ['gzip, said', gzipSync(body), { 'content-encoding': 'gzip' }, 'body.encoded'],
    ['gzip, said in capitals', gzipSync(body), { 'content-encoding': 'GZIP' }, 'body.encoded'],
    ['gzip, not said', gzipSync(body), {}, 'json.not-utf8'],
    ['plain, said to be gzip', Buffer.from(body), { 'content-encoding': 'gzip' }, 'body.encoded'],
    ['UTF-16', Buffer.from(body, 'utf16le'), {}, 'json.malformed'],
    ['UTF-16, said', Buffer.from(body, 'utf16le'), { 'content-type': 'application/json; charset=utf-16' }, 'body.not-json'],
    ['a byte order mark', Buffer.from(`\ufeff${body}`), {}, 'json.malformed'],
    ['Latin-1', Buffer.from('{"model":"small","user":"é"}', 'latin1'), {}, 'json.not-utf8'],
    [
      'overlong UTF-8',
      Buffer.concat([Buffer.from('{"model":"small","user":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
      {},
      'json.not-utf8',
    ],
    ['a lone surrogate', Buffer.from('{"model":"small","user":"\\ud800"}'), {}, 'json.lone-surrogate'],
    ['a lone surrogate in a key', Buffer.from('{"model":"small","\\udc00":1}'), {}, 'json.lone-surrogate'],
    [
      'a surrogate in UTF-8',
      Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
      {},
      'json.not-utf8',
    ],
    ['two documents', Buffer.from(`${body}${body}`), {}, 'json.malformed'],
    ['JSON with comments', Buffer.from('{"model":"small"/*,"x":1*/}'), {}, 'json.malformed'],
    ['a list around it', Buffer.from(`[${body}]`), {}, 'json.not-object'],
  ] as const) {
    test(`${name}: ${code}`, async () => {
      const handled = at.handled();
      await at.open(post(bytes, headers));
      assert.equal(codeOf((await handled).result), code);
    });
  }
});
