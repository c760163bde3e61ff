import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Breakage } from '../../../gateway/errors.ts';
import { claims, ec, ed, issuerConfiguration, jwk, keySet, makeBench, mint, nowSeconds, otherRsa, rsaHeader, verdict } from './issuer.ts';

suite('jwt: what holds', () => {
  test('a token of the issuer gives its claims and its alias, and nothing of the token', async () => {
    const token = mint({ ...claims, scope: 'a b' });
    const proof = await makeBench().ask(token);
    assert.ok(typeof proof === 'object' && proof.method === 'jwt');
    assert.equal(proof.issuer, 'okta');
    assert.deepEqual(proof.claims, { ...claims, scope: 'a b' });
    assert.match(proof.digest, /^[A-Za-z0-9_-]{43}$/);
    assert.ok(!JSON.stringify(proof).includes(token.split('.')[2] ?? token));
  });
  for (const [name, token] of [
    ['ES256', mint(claims, { alg: 'ES256', kid: 'ec-1' }, ec.privateKey)],
    ['EdDSA', mint(claims, { alg: 'EdDSA', kid: 'ed-1' }, ed.privateKey)],
    ['typ with application/ and in capitals', mint(claims, { ...rsaHeader, typ: 'application/AT+JWT' })],
    ['one of several audiences', mint({ ...claims, aud: ['other', 'regate'] })],
    ['exp over within the skew', mint({ ...claims, exp: nowSeconds - 29 })],
    ['nbf and iat ahead within the skew', mint({ ...claims, nbf: nowSeconds + 29, iat: nowSeconds + 29 })],
    ['no iat', mint({ ...claims, iat: undefined })],
    ['no kid where one key fits', mint(claims, { alg: 'ES256' }, ec.privateKey)],
    ['x5t in the header, as Entra writes it', mint(claims, { ...rsaHeader, x5t: 'abc' })],
  ] as const) {
    test(name, async () => assert.equal(await verdict(token), 'accepted'));
  }
});

suite('jwt: what does not', () => {
  for (const [name, token, code] of [
    ['no sub', mint({ ...claims, sub: undefined }), 'credential.invalid'],
    ['an empty sub', mint({ ...claims, sub: '' }), 'credential.invalid'],
    ['a sub that is a number', mint({ ...claims, sub: 7 }), 'credential.invalid'],
    ['no exp', mint({ ...claims, exp: undefined }), 'credential.invalid'],
    ['exp as text', mint({ ...claims, exp: String(claims.exp) }), 'credential.invalid'],
    ['exp beyond all numbers', mint(JSON.stringify(claims).replace(/"exp":\d+/, '"exp":1e999')), 'credential.invalid'],
    ['no iss', mint({ ...claims, iss: undefined }), 'credential.invalid'],
    ['claims that are an array', mint([claims]), 'credential.invalid'],
    ['claims that are no JSON', mint('{"iss"'), 'credential.invalid'],
    ['claims behind a byte order mark', mint(`\ufeff${JSON.stringify(claims)}`), 'credential.invalid'],
    ['a foreign signature', mint(claims, rsaHeader, otherRsa.privateKey), 'credential.invalid'],
    ['an empty signature', mint(claims).replace(/[^.]*$/, ''), 'credential.invalid'],
    ['a kid that is a number', mint(claims, { ...rsaHeader, kid: 1 }), 'credential.invalid'],
    ['padding', `${mint(claims)}=`, 'not mine'],
    ['longer than 16 KiB', mint({ ...claims, pad: 'x'.repeat(16_384) }), 'not mine'],
  ] as const) {
    test(name, async () => assert.equal(await verdict(token), code));
  }
  test('a changed claim', async () => {
    const [header, , signature] = mint(claims).split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url');
    assert.equal(await verdict(`${header}.${forged}.${signature}`), 'credential.invalid');
  });
  for (const algorithms of [['HS256'], ['none'], ['RS256', 'HS256'], []]) {
    test(`an issuer with the algorithms [${algorithms}] is not even taken`, () => {
      assert.throws(() => makeBench({ algorithms }), Breakage);
    });
  }
});

suite('jwt: the cache', () => {
  const sees = async (bench: ReturnType<typeof makeBench>, token: string) => {
    const result = await bench.ask(token);
    return typeof result === 'string' ? result : 'accepted';
  };
  test('the same token gives the same proof', async () => {
    const bench = makeBench();
    assert.equal(await bench.ask(mint({ ...claims, n: 1 })), await bench.ask(mint({ ...claims, n: 1 })));
  });
  test('a cached token is refused once it has expired', async () => {
    const bench = makeBench();
    const token = mint({ ...claims, exp: nowSeconds + 60 });
    assert.equal(await sees(bench, token), 'accepted');
    bench.clock.advance(95_000);
    assert.equal(await sees(bench, token), 'credential.expired');
  });
  test('after five minutes it is verified anew', async () => {
    const bench = makeBench();
    const token = mint(claims);
    const first = await bench.ask(token);
    bench.clock.advance(299_000);
    assert.equal(await bench.ask(token), first);
    bench.clock.advance(1_000);
    const second = await bench.ask(token);
    assert.notEqual(second, first);
    assert.deepEqual(second, first);
  });
  test('a revoked token is refused although it is cached', async () => {
    const bench = makeBench();
    const token = mint({ ...claims, jti: 't1' });
    assert.equal(await sees(bench, token), 'accepted');
    bench.revoked.add('t1');
    assert.equal(await sees(bench, token), 'credential.revoked');
  });
  test('a key that is withdrawn takes its cached tokens with it', async () => {
    const bench = makeBench();
    const token = mint(claims);
    assert.equal(await sees(bench, token), 'accepted');
    bench.publish(() => JSON.stringify({ keys: [jwk(ec.publicKey, { kid: 'ec-1' })] }));
    bench.clock.advance(20_000);
    // An unknown key id makes the gateway look, and what it finds counts for everybody.
    assert.equal(await sees(bench, mint(claims, { ...rsaHeader, kid: 'rsa-2' })), 'credential.invalid');
    assert.equal(await sees(bench, token), 'credential.invalid');
  });
  test('a refusal is not cached: the next key set may hold the key', async () => {
    const bench = makeBench();
    const token = mint(claims, { ...rsaHeader, kid: 'rsa-2' }, otherRsa.privateKey);
    assert.equal(await sees(bench, token), 'credential.invalid');
    bench.publish(() => JSON.stringify({ keys: [...keySet.keys, jwk(otherRsa.publicKey, { kid: 'rsa-2' })] }));
    bench.clock.advance(20_000);
    assert.equal(await sees(bench, token), 'accepted');
  });
  test('more tokens than it holds are verified, not refused', async () => {
    const bench = makeBench();
    const tokens = Array.from({ length: 250 }, (_, n) => mint({ ...claims, n }, { alg: 'EdDSA', kid: 'ed-1' }, ed.privateKey));
    for (const token of [...tokens, ...tokens]) assert.equal(await sees(bench, token), 'accepted');
  });
});

suite('jwt: the issuer cannot be reached', () => {
  test('without keys: unavailable, and the issuer is not asked at every request', async () => {
    const bench = makeBench();
    bench.publish(() => {
      throw new Breakage('credential.issuer-unavailable', 'down');
    });
    assert.equal(await bench.ask(mint(claims)), 'credential.issuer-unavailable');
    assert.equal(await bench.ask(mint(claims)), 'credential.issuer-unavailable');
    assert.equal(bench.fetched.length, 1);
  });
  test('another issuer goes on', async () => {
    const other = { ...issuerConfiguration, alias: 'entra', issuer: 'https://other.example', jwks: { url: 'https://other.example/keys' } };
    const bench = makeBench({}, [other]);
    await bench.ask(mint(claims));
    bench.publish(() => {
      throw new Breakage('credential.issuer-unavailable', 'down');
    });
    assert.equal(await bench.ask(mint({ ...claims, iss: 'https://other.example' })), 'credential.issuer-unavailable');
    assert.equal(typeof (await bench.ask(mint({ ...claims, n: 2 }))), 'object');
  });
  test('a key that the crypto library does not take is told in the log', async () => {
    const bench = makeBench();
    bench.publish(() => JSON.stringify({ keys: [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'ec-1' }] }));
    assert.equal(await bench.ask(mint(claims, { alg: 'ES256', kid: 'ec-1' }, ec.privateKey)), 'credential.issuer-unavailable');
    assert.ok(bench.lines.some(({ level, message }) => level === 'error' && message.includes('cannot be used to verify')));
  });
});
