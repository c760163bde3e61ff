import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { suite, test } from 'node:test';
import { claims, ec, encode, jwk, keySet, makeBench, mint, rsa, verdict } from '../pipeline/authenticate/issuer.ts';

// RFC 8725 section 2.1: the public key, which everybody has, used as the secret of an HMAC.
suite('HS256 with the RSA key: a public key is no secret', () => {
  const hmac = (alg: string, secret: string | Buffer) => {
    const input = `${encode({ alg, kid: 'rsa-1', typ: 'at+jwt' })}.${encode(claims)}`;
    return `${input}.${createHmac(`sha${alg.slice(2)}`, secret)
      .update(input)
      .digest('base64url')}`;
  };
  const secrets = [
    ['PEM', rsa.publicKey.export({ type: 'spki', format: 'pem' })],
    ['DER', rsa.publicKey.export({ type: 'spki', format: 'der' })],
    ['PKCS1', rsa.publicKey.export({ type: 'pkcs1', format: 'pem' })],
    ['JWK', JSON.stringify(jwk(rsa.publicKey))],
    ['modulus', Buffer.from(String(jwk(rsa.publicKey)['n']), 'base64url')],
    ['nothing', ''],
  ] as const;
  for (const [name, secret] of secrets) {
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      test(`${alg} over the ${name}`, async () => assert.equal(await verdict(hmac(alg, secret)), 'credential.invalid'));
    }
  }
  test('a symmetric key in the issuer’s own set does not help', async () => {
    const bench = makeBench();
    const oct = { kty: 'oct', kid: 'rsa-1', k: Buffer.from('secret').toString('base64url'), alg: 'HS256' };
    bench.publish(() => JSON.stringify({ keys: [oct, ...keySet.keys.slice(1)] }));
    assert.equal(await bench.ask(hmac('HS256', 'secret')), 'credential.invalid');
  });
});

suite('algorithm confusion: the key decides which algorithms it is for', () => {
  test('RS256 with the id of the EC key', async () => {
    assert.equal(await verdict(mint(claims, { alg: 'RS256', kid: 'ec-1' })), 'credential.invalid');
  });
  test('ES256 with the id of the RSA key', async () => {
    assert.equal(await verdict(mint(claims, { alg: 'ES256', kid: 'rsa-1' }, ec.privateKey)), 'credential.invalid');
  });
  test('an algorithm that the issuer is not allowed', async () => {
    assert.equal(await verdict(mint(claims), { algorithms: ['ES256'] }), 'credential.invalid');
  });
  test('PS256 with a key that is marked for RS256', async () => {
    assert.equal(await verdict(mint(claims, { alg: 'PS256', kid: 'rsa-1' }), { algorithms: ['PS256', 'RS256'] }), 'credential.invalid');
  });
});
