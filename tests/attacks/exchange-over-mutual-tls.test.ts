import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  ada,
  botCertificate,
  claimsOf,
  exchangeForm,
  exchangeGrant,
  outsideToken,
  personToken,
  startTokens,
} from '../http/tokens/harness.ts';

const ids = (principals: unknown) => (principals as { id: string }[]).map(({ id }) => id);

suite('token exchange on a connection that shows a certificate', () => {
  test('the certificate is the actor’s: it does not slip into the chain of the subject', async (t) => {
    const { token, asked } = await startTokens(t, { certificate: botCertificate });
    const { json } = await token(exchangeForm(personToken(), outsideToken()));
    assert.deepEqual(ids(claimsOf(json['access_token'])['principals']), ['okta:00u1', 'okta:triage'], JSON.stringify(json));
    assert.deepEqual(claimsOf(json['access_token'])['cnf'], { 'x5t#S256': botCertificate.thumbprint }, 'and the token is bound to it');
    assert.equal(asked.length, 1);
  });

  test('a workload whose only credential is its certificate is an actor', async (t) => {
    const { token } = await startTokens(t, { certificate: botCertificate });
    const { json } = await token({
      ...{ grant_type: exchangeGrant, subject_token: personToken() },
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    });
    assert.deepEqual(ids(claimsOf(json['access_token'])['principals']), ['okta:00u1', 'mesh:spiffe://mesh/bot'], JSON.stringify(json));
    assert.equal(json['expires_in'], 300, 'the token ends with the certificate');
  });

  test('an actor token that is somebody else’s than the certificate', async (t) => {
    const { token } = await startTokens(t, { certificate: botCertificate });
    const { json } = await token(exchangeForm(personToken(), outsideToken({ sub: 'other-agent' })));
    assert.equal(json['error'], 'invalid_client');
  });
});

suite('a token that no header can carry', () => {
  test('is not made, and the person is told why', async (t) => {
    const { live, getCode, redeem } = await startTokens(t);
    const groups = Array.from({ length: 900 }, (_, index) => `a-rather-long-name-of-a-group-${index}`);
    live.set(ada.id, { ...ada, person: { ...ada.person, groups } });
    const { status, json } = await redeem(await getCode());
    assert.equal(status, 400);
    assert.equal(json['error'], 'access_denied');
    assert.match(String(json['error_description']), /too large/);
  });
});
