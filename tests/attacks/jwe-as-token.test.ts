import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CompactEncrypt } from 'jose';
import { isRefusal } from '../../gateway/errors.ts';
import { makeAuthenticate } from '../../gateway/pipeline/authenticate/authenticate.ts';
import { makeVirtualKeyAuthenticator } from '../../gateway/pipeline/authenticate/virtual-key.ts';
import { acceptedAs } from '../pipeline/accept/request.ts';
import { claims, encode, mint, rsa, rsaHeader, verdict } from '../pipeline/authenticate/issuer.ts';

// Whoever has the public key can encrypt: that a token decrypts says nothing about who made it (RFC 8725 section 2.3).
suite('JWE: an encrypted token is no proof', () => {
  test('a JWE in compact form is malformed', async () => {
    const jwe = await new CompactEncrypt(Buffer.from(mint(claims)))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT' })
      .encrypt(rsa.publicKey);
    assert.equal(await verdict(jwe), 'not mine');
    const authenticate = makeAuthenticate({ authenticators: [makeVirtualKeyAuthenticator(undefined)] });
    const result = await authenticate(acceptedAs({ headers: ['authorization', `Bearer ${jwe}`] }));
    assert.equal(isRefusal(result) && result.code, 'credential.malformed');
  });
  for (const more of [{ enc: 'A256GCM' }, { zip: 'DEF' }, { cty: 'JWT' }]) {
    test(`a JWS with ${JSON.stringify(more)}`, async () => {
      assert.equal(await verdict(mint(claims, { ...rsaHeader, ...more })), 'credential.invalid');
    });
  }
  for (const token of ['a.b.c.d.e', 'a.b', 'a.b.c.d', '..', 'a..b', '.a.b', `${encode(rsaHeader)}.${encode(claims)}.a+b`]) {
    test(`${token.slice(0, 12)} is no JWT`, async () => assert.equal(await verdict(token), 'not mine'));
  }
});
