import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isRefusal } from '../../gateway/errors.ts';
import { makeChain } from '../../gateway/pipeline/chain/chain.ts';
import type { IssuerConfiguration } from '../../gateway/vocabulary/configuration.ts';
import { claims, issuerConfiguration, jwk, makeBench, mint, otherRsa, rsaHeader, verdict } from '../pipeline/authenticate/issuer.ts';

const other: IssuerConfiguration = {
  ...issuerConfiguration,
  alias: 'partner',
  issuer: 'https://partner.example',
  jwks: { url: 'https://partner.example/keys' },
};

// RFC 8725 section 3.8: an issuer speaks for its own subjects only, and only its own keys speak for it.
suite('cross-issuer subject: one issuer cannot name another one’s people', () => {
  test('a token of one issuer with the key of the other', async () => {
    const bench = makeBench({}, [other]);
    const keys = JSON.stringify({ keys: [jwk(otherRsa.publicKey, { kid: 'rsa-1' })] });
    bench.publish(() => keys);
    await bench.ask(mint({ ...claims, iss: 'https://partner.example' }, rsaHeader, otherRsa.privateKey));
    const again = makeBench({}, [other]);
    assert.equal(await again.ask(mint(claims, rsaHeader, otherRsa.privateKey)), 'credential.invalid');
    assert.deepEqual(again.fetched, ['https://issuer.example/keys']);
  });
  for (const iss of [
    'https://issuer.example/',
    'https://issuer.example ',
    'HTTPS://issuer.example',
    'https://issuer.example.evil.example',
    'https://issuer.exampl\u0435',
    '__proto__',
    ['https://issuer.example'],
    null,
  ]) {
    test(`iss ${JSON.stringify(iss)} is no configured issuer`, async () =>
      assert.equal(await verdict(mint({ ...claims, iss })), 'credential.invalid'));
  }
  test('the same subject of two issuers is two principals', () => {
    const chain = makeChain({ issuers: [issuerConfiguration, other], clock: { now: () => 0 } });
    const ids = ['okta', 'partner'].map((issuer) => {
      const result = chain({ proofs: [{ method: 'jwt', issuer, claims: { ...claims, sub: 'root' }, digest: 'd' }] });
      return isRefusal(result) ? result.code : result.caller.id;
    });
    assert.deepEqual(ids, ['okta:root', 'partner:root']);
  });
  test('a subject that is spelt like one of another issuer stays where it is', () => {
    const chain = makeChain({ issuers: [issuerConfiguration, other], clock: { now: () => 0 } });
    const result = chain({ proofs: [{ method: 'jwt', issuer: 'partner', claims: { ...claims, sub: 'okta:root' }, digest: 'd' }] });
    assert.equal(isRefusal(result) ? result.code : result.caller.id, 'partner:okta:root');
  });
});
