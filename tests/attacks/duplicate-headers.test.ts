import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { refusedWith } from '../pipeline/accept/request.ts';

// Node keeps the first of some headers, the last of others, and joins the rest. A program in front may choose otherwise.
suite('duplicate headers: a header that must stand alone and does not is refused', () => {
  for (const [name, one, two] of [
    ['Authorization', 'Bearer a', 'Bearer b'],
    ['Authorization', 'Bearer a', 'Bearer a'],
    ['X-Api-Key', 'a', 'b'],
    ['Content-Length', '5', '6'],
    ['Content-Length', '5', '5'],
    ['Transfer-Encoding', 'chunked', 'identity'],
    ['Host', 'a', 'b'],
    ['Content-Type', 'application/json', 'text/plain'],
    ['Content-Encoding', 'gzip', 'identity'],
    ['anthropic-version', '2023-06-01', '2023-06-01'],
    ['Expect', '100-continue', '100-continue'],
  ] as const) {
    test(`${name}: ${one}, ${two}`, () => {
      assert.equal(refusedWith({ headers: [name, one, name.toLowerCase(), two] }), 'request.header-ambiguous');
      assert.equal(refusedWith({ headers: [name.toUpperCase(), one, 'accept', '*/*', name, two] }), 'request.header-ambiguous');
    });
  }
});

// RFC 9112 section 3.2. A program in front may take its Host from somewhere else.
test('no Host at all: refused, but in HTTP/1.0, which knows none', () => {
  assert.equal(refusedWith({ hostless: true }), 'request.malformed');
  assert.equal(refusedWith({ hostless: true, httpVersion: '1.0' }), undefined);
});
