import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { claims, makeBench, mint, otherRsa, rsaHeader, verdict } from '../pipeline/authenticate/issuer.ts';

// The key id is the sender's text. It is compared with the ids of the issuer's keys and used for nothing else.
suite('kid injection: a key id selects one of the issuer’s keys or none', () => {
  for (const kid of [
    'unknown',
    '',
    '../../../../dev/null',
    '/proc/self/environ',
    "rsa-1' OR '1'='1",
    "x'; DROP TABLE keys; --",
    'rsa-1\u0000',
    'RSA-1',
    'https://evil.example/keys#rsa-1',
    '__proto__',
    'constructor',
    '$(id)',
    '*',
    'x'.repeat(5000),
  ]) {
    test(JSON.stringify(kid.slice(0, 40)), async () => {
      assert.equal(await verdict(mint(claims, { ...rsaHeader, kid })), 'credential.invalid');
      assert.equal(await verdict(mint(claims, { ...rsaHeader, kid }, otherRsa.privateKey)), 'credential.invalid');
    });
  }
  for (const kid of [null, 1, true, ['rsa-1'], { kid: 'rsa-1' }]) {
    test(`a kid that is no string: ${JSON.stringify(kid)}`, async () => {
      assert.equal(await verdict(mint(claims, { ...rsaHeader, kid })), 'credential.invalid');
    });
  }
  test('a flood of unknown ids does not become a flood of fetches', async () => {
    const bench = makeBench();
    for (let n = 0; n < 50; n++) await bench.ask(mint(claims, { ...rsaHeader, kid: `unknown-${n}` }));
    assert.equal(bench.fetched.length, 1);
  });
});
