import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeDpopKey, type ProofOptions, proveKey, startTokens } from '../http/tokens/harness.ts';
import { claims, mint, nowSeconds, rsa } from '../pipeline/authenticate/issuer.ts';

const here = { htm: 'GET', htu: 'https://gateway.example/v1/models' };

suite('DPoP: a token that is bound to a key is worth nothing without it', () => {
  async function bound(t: Parameters<typeof startTokens>[0]) {
    const started = await startTokens(t);
    const key = makeDpopKey();
    const { json } = await started.redeem(await started.getCode(), {}, { dpop: proveKey(key) });
    return { ...started, key, value: String(json['access_token']) };
  }

  const tricks: Readonly<Record<string, (value: string) => ProofOptions>> = {
    'a proof for another method': (token) => ({ ...here, htm: 'POST', token }),
    'a proof for another path': (token) => ({ ...here, htu: 'https://gateway.example/v1/chat/completions', token }),
    'a proof for another host': (token) => ({ ...here, htu: 'https://evil.example/v1/models', token }),
    'a proof for another scheme': (token) => ({ ...here, htu: 'http://gateway.example/v1/models', token }),
    'a proof for another token': () => ({ ...here, token: 'another' }),
    'a proof without a token': () => ({ ...here }),
    'an old proof': (token) => ({ ...here, token, iat: nowSeconds - 61 }),
    'a proof of tomorrow': (token) => ({ ...here, token, iat: nowSeconds + 61 }),
    'a proof without jti': (token) => ({ ...here, token, jti: '' }),
    'alg none': (token) => ({ ...here, token, header: { alg: 'none' }, signature: '' }),
    'a symmetric algorithm': (token) => ({ ...here, token, header: { alg: 'HS256' } }),
    'another typ': (token) => ({ ...here, token, header: { typ: 'JWT' } }),
    'no key in it': (token) => ({ ...here, token, header: { jwk: undefined } }),
    'a private key in it': (token) => ({ ...here, token, header: { jwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' } } }),
    'a symmetric key in it': (token) => ({ ...here, token, header: { jwk: { kty: 'oct', k: 'c2VjcmV0' } } }),
    'another signature': (token) => ({ ...here, token, signature: 'A'.repeat(86) }),
  };

  for (const [name, options] of Object.entries(tricks)) {
    test(name, async (t) => {
      const { present, key, value } = await bound(t);
      const outcome = await present(value, { scheme: 'DPoP', proof: proveKey(key, options(value)) });
      assert.equal('kind' in outcome && outcome.code, 'credential.proof-invalid');
    });
  }

  test('a proof of another key', async (t) => {
    const { present, value } = await bound(t);
    const outcome = await present(value, { scheme: 'DPoP', proof: proveKey(makeDpopKey(), { ...here, token: value }) });
    assert.equal('kind' in outcome && outcome.code, 'credential.proof-invalid');
  });

  test('a proof that comes twice', async (t) => {
    const { present, key, value, clock } = await bound(t);
    const proof = proveKey(key, { ...here, token: value });
    assert.ok(!('kind' in (await present(value, { scheme: 'DPoP', proof }))));
    clock.advance(59_000);
    const again = await present(value, { scheme: 'DPoP', proof });
    assert.equal('kind' in again && again.code, 'credential.proof-invalid');
  });

  test('a stolen token as a plain bearer token, with and without a proof', async (t) => {
    const { present, key, value } = await bound(t);
    for (const proof of [undefined, proveKey(key, { ...here, token: value })]) {
      const outcome = await present(value, { ...(proof === undefined ? {} : { proof }) });
      assert.equal('kind' in outcome && outcome.code, 'credential.proof-missing');
    }
  });

  test('a token that is bound to nothing, with a proof of the thief’s own key', async (t) => {
    const { getCode, redeem, present } = await startTokens(t);
    const value = String((await redeem(await getCode())).json['access_token']);
    const outcome = await present(value, { scheme: 'DPoP', proof: proveKey(makeDpopKey(), { ...here, token: value }) });
    assert.equal('kind' in outcome && outcome.code, 'credential.proof-invalid');
  });

  test('bindings that the gateway cannot check are not passed over', async (t) => {
    const { present } = await startTokens(t);
    for (const cnf of [{}, null, 'x', { jwk: {} }, { kid: 'k' }, { jkt: 'x', other: 'y' }, { jkt: '' }]) {
      const outcome = await present(mint({ ...claims, cnf }));
      assert.equal('kind' in outcome && outcome.code, 'credential.invalid', JSON.stringify(cnf));
    }
  });

  test('an outside issuer’s bound token is held to its key, too', async (t) => {
    const { present } = await startTokens(t);
    const outcome = await present(mint({ ...claims, cnf: { jkt: 'some-key' } }, undefined, rsa.privateKey));
    assert.equal('kind' in outcome && outcome.code, 'credential.proof-missing');
  });
});
