import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { refusedWith } from '../pipeline/accept/request.ts';
import { sendRaw } from './raw-http.ts';

const smuggled = 'POST /v1/completions HTTP/1.1\nHost: x\nContent-Length: 0\n\n';

// RFC 9112 section 11.2. Node's parser is the first wall; accept is the second one and must hold by itself.
suite('request smuggling: two framings in one message', () => {
  const head = 'POST /v1/chat/completions HTTP/1.1\nHost: localhost\n';
  const rows = [
    ['CL.TE', `${head}Content-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n${smuggled}`],
    ['TE.CL', `${head}Transfer-Encoding: chunked\nContent-Length: 5\n\n0\n\n${smuggled}`],
    ['CL.CL', `${head}Content-Length: 0\nContent-Length: ${smuggled.length}\n\n${smuggled}`],
    ['a coding hidden behind a space', `${head}Content-Length: 0\nTransfer-Encoding : chunked\n\n${smuggled}`],
    ['an unknown coding', `${head}Transfer-Encoding: xchunked\n\n0\n\n${smuggled}`],
    ['chunked that is not last', `${head}Transfer-Encoding: chunked, identity\n\n0\n\n${smuggled}`],
    ['obs-fold', `${head}Content-Length: 0\nX-Fold: a\n Content-Length: ${smuggled.length}\n\n${smuggled}`],
    ['obs-fold on the coding', `${head}Transfer-Encoding:\n chunked\nContent-Length: 0\n\n${smuggled}`],
    ['a length with a sign', `${head}Content-Length: +0\n\n${smuggled}`],
    ['a length in hexadecimal', `${head}Content-Length: 0x0\n\n${smuggled}`],
    ['a list of lengths', `${head}Content-Length: 0, 0\n\n${smuggled}`],
    ['a bare CR in a value', `${head}X: a\rContent-Length: 9\nContent-Length: 0\n\n${smuggled}`],
    ['a NUL in a value', `${head}X: a\u0000b\nContent-Length: 0\n\n${smuggled}`],
    ['a space before the first header', `POST /v1/chat/completions HTTP/1.1\n Host: localhost\n\n${smuggled}`],
  ] as const;
  for (const [name, bytes] of rows) {
    test(`${name}: no request of it is accepted`, async () => {
      const { seen, broken, answer } = await sendRaw(bytes);
      assert.ok(!seen.includes('accepted'), `accepted: ${seen.join(', ')}`);
      assert.ok(seen.length + broken.length > 0, 'neither wall saw it');
      assert.match(answer, /^HTTP\/1\.1 400 /);
    });
  }
  test('a second Host: the request is refused', async () => {
    const { seen } = await sendRaw(`${head}Host: evil\nContent-Length: 0\n\n`);
    assert.deepEqual(seen, ['request.header-ambiguous']);
  });
  test('a plain request passes both walls', async () => {
    const { seen, broken } = await sendRaw(`${head}Content-Length: 0\n\n`);
    assert.deepEqual([seen, broken], [['accepted'], []]);
  });
});

suite('request smuggling: accept by itself', () => {
  for (const [name, headers, code] of [
    ['CL and TE', ['Content-Length', '5', 'Transfer-Encoding', 'chunked'], 'request.header-ambiguous'],
    ['TE and CL', ['transfer-encoding', 'chunked', 'content-length', '5'], 'request.header-ambiguous'],
    ['two codings', ['Transfer-Encoding', 'gzip, chunked'], 'request.malformed'],
    ['a tab before the coding', ['Transfer-Encoding', '\tchunked'], 'request.malformed'],
    ['a list of lengths', ['Content-Length', '0, 0'], 'request.malformed'],
    ['a folded value', ['X', 'a\r\n b'], 'request.malformed'],
  ] as const) {
    test(name, () => assert.equal(refusedWith({ headers }), code));
  }
  test('chunked in HTTP/1.0', () => {
    assert.equal(refusedWith({ httpVersion: '1.0', headers: ['Transfer-Encoding', 'chunked'] }), 'request.malformed');
  });
});
