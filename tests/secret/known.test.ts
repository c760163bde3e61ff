import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knowCredential, knowSecret, scrub } from '../../gateway/secret/known.ts';
import { kinds } from './kinds.ts';

for (const [name, make] of Object.entries(kinds)) {
  test(`the shape is known: ${name}`, () => {
    const secret = make();
    const core = secret.replace(/^.*?:\/\/\w+:|@.*$/g, '').replace(/-----[A-Z ]+-----|\n/g, '');
    for (const around of [
      secret,
      ` ${secret} `,
      `a\n${secret}\n`,
      `\u0001${secret}`,
      `x="${secret}"`,
      `\\${secret}`,
      `k:${secret},`,
      encodeURIComponent(` ${secret}`),
    ]) {
      const line = JSON.stringify({ a: 'b', [around]: [around] });
      const { text, found } = scrub(line);
      assert.ok(found >= 2, `${name} in ${JSON.stringify(around)}`);
      assert.ok(!text.includes(core.slice(-16)), text);
      assert.equal((JSON.parse(text) as { a: string }).a, 'b');
    }
  });
}

test('what only looks like it is left alone', () => {
  for (const text of [
    'task-force-of-the-twenty-first-century',
    'decisions-20260302T080000000Z-k3xab12-0004.ndjson',
    '019ca000-0000-7000-8000-000000000001',
    'claude-3-5-sonnet-20241022-v2-long-context',
    '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    'https://idp.example.com/realms/main',
    'rg_k7f3a9',
    'Bearer realm="regate"',
    'the bearer of good news',
    'keyboard-0123456789abcdef0123456789abcdef',
    'ada@example.com wrote: see https://example.com/a:b',
  ]) {
    assert.deepEqual(scrub(text), { text, found: 0 });
  }
});

test('a secret of a backend is known in whatever shape, in part, and in the forms in which it travels', () => {
  const secret = 'Zq8vN2mKx7Lw4Rt9Yb3Hc6Df';
  knowSecret(secret);
  for (const text of [secret, `v=${secret};`, secret.slice(0, 18), secret.slice(-18), `xx${secret}xx`]) {
    const { text: clean, found } = scrub(JSON.stringify({ text }));
    assert.equal(found, 1, text);
    assert.ok(!clean.includes(secret.slice(4, 12)));
    JSON.parse(clean);
  }
  const odd = 'p"ss w\\rd/ü%';
  knowSecret(odd);
  const { text } = scrub(JSON.stringify({ a: odd, b: `x${odd}y`, url: `https://h/?k=${encodeURIComponent(odd)}` }));
  assert.deepEqual(JSON.parse(text), { a: '[secret]', b: 'x[secret]y', url: 'https://h/?k=[secret]' });
  knowSecret('short');
  assert.equal(scrub('a short text').found, 0, 'what is a word cannot be looked for');
});

test('credentials of callers are known, the latest thousands of them', () => {
  const make = (n: number) => `opaque${String(n).padStart(30, '0')}`;
  for (let n = 0; n < 5000; n += 1) knowCredential(make(n));
  assert.equal(scrub(`got ${make(4999)}`).found, 1);
  assert.equal(scrub(`got ${make(1000)}`).found, 1);
  assert.equal(scrub(`got ${make(10)}`).found, 0, 'the oldest have made room');
  assert.equal(scrub(`got ${make(6000)}`).found, 0);
});
