import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { claims, encode, mint, verdict } from '../pipeline/authenticate/issuer.ts';

// RFC 8725 section 3.2: a token that says of itself that it needs no signature.
suite('alg none: an unsigned token is refused', () => {
  for (const alg of [
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    ' none',
    'none\u0000',
    null,
    undefined,
    ['none'],
    ['RS256'],
    { toString: 'none' },
  ]) {
    const unsigned = `${encode({ alg, typ: 'at+jwt', kid: 'rsa-1' })}.${encode(claims)}.`;
    test(`alg ${JSON.stringify(alg)}`, async () => {
      assert.equal(await verdict(unsigned), 'credential.invalid');
      assert.equal(await verdict(mint(claims, { alg, typ: 'at+jwt', kid: 'rsa-1' })), 'credential.invalid');
    });
  }
});
