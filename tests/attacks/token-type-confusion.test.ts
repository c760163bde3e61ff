import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { claims, mint, rsaHeader, verdict } from '../pipeline/authenticate/issuer.ts';

// RFC 8725 sections 2.8 and 3.11, RFC 9068 section 5: a token of the same issuer that was made to say something else.
suite('token type confusion: only access tokens let in', () => {
  for (const [name, more] of [
    ['an ID token with nonce', { nonce: 'n' }],
    ['an ID token with at_hash', { at_hash: 'h' }],
    ['an ID token with c_hash', { c_hash: 'h' }],
    ['an ID token of Cognito', { token_use: 'id' }],
    ['an ID token of Keycloak', { typ: 'ID' }],
    ['a refresh token of Keycloak', { typ: 'Refresh' }],
    ['a logout token', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }],
    ['nonce null', { nonce: null }],
  ] as const) {
    test(name, async () => assert.equal(await verdict(mint({ ...claims, ...more })), 'credential.invalid'));
  }
  for (const typ of [
    'logout+jwt',
    'secevent+jwt',
    'dpop+jwt',
    'oauth-authz-req+jwt',
    'JOSE',
    'none',
    '',
    null,
    1,
    'application/application/jwt',
  ]) {
    test(`typ ${JSON.stringify(typ)}`, async () => assert.equal(await verdict(mint(claims, { ...rsaHeader, typ })), 'credential.invalid'));
  }
  test('JWT and no typ, where the issuer is held to RFC 9068', async () => {
    const types = ['at+jwt'];
    assert.equal(await verdict(mint(claims, { ...rsaHeader, typ: 'JWT' }), { types }), 'credential.invalid');
    assert.equal(await verdict(mint(claims, { ...rsaHeader, typ: undefined }), { types }), 'credential.invalid');
    assert.equal(await verdict(mint(claims), { types }), 'accepted');
  });
});
