import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { claims, jwk, makeBench, mint, otherRsa, rsaHeader } from '../pipeline/authenticate/issuer.ts';

// RFC 8725 section 3.10: a header that brings its own key, or says where to fetch it (which is also a way to make the gateway call anywhere).
suite('a key in the token: the header’s own keys and their places are never looked at', () => {
  const attacker = jwk(otherRsa.publicKey, { kid: 'attacker' });
  const certificate = otherRsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const rows = [
    ['jwk', { jwk: attacker, kid: 'attacker' }],
    ['jwk with the id of a real key', { jwk: { ...attacker, kid: 'rsa-1' } }],
    ['jwk without an id', { jwk: attacker, kid: undefined }],
    ['jku', { jku: 'https://evil.example/keys', kid: 'attacker' }],
    ['jku at the metadata service', { jku: 'http://169.254.169.254/latest/meta-data' }],
    ['x5u', { x5u: 'https://evil.example/certificate.pem' }],
    ['x5c', { x5c: [certificate] }],
  ] as const;
  for (const [name, more] of rows) {
    test(name, async () => {
      const bench = makeBench();
      assert.equal(await bench.ask(mint(claims, { ...rsaHeader, ...more }, otherRsa.privateKey)), 'credential.invalid');
      assert.deepEqual([...new Set(bench.fetched)], ['https://issuer.example/keys']);
    });
  }
  test('an issuer that writes jku into its own tokens is served, and the place is not asked', async () => {
    const bench = makeBench();
    assert.equal(typeof (await bench.ask(mint(claims, { ...rsaHeader, jku: 'https://evil.example/keys' }))), 'object');
    assert.deepEqual(bench.fetched, ['https://issuer.example/keys']);
  });
});
