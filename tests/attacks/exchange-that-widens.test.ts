import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { accessTokenType, exchangeForm, makeDpopKey, outsideToken, personToken, proveKey, startTokens } from '../http/tokens/harness.ts';
import { ec, mint, nowSeconds } from '../pipeline/authenticate/issuer.ts';

suite('token exchange: nothing widens, and nobody is impersonated', () => {
  const refusals: Readonly<Record<string, readonly [form: () => Readonly<Record<string, string>>, error: string]>> = {
    'no actor': [() => exchangeForm(personToken()), 'invalid_client'],
    'a person as the actor': [() => exchangeForm(personToken(), personToken({ sub: '00u2' })), 'invalid_client'],
    'the subject as its own actor': [() => exchangeForm(outsideToken(), outsideToken()), 'invalid_request'],
    'a subject that is no person': [() => exchangeForm(outsideToken({ sub: 'other' }), outsideToken()), 'invalid_request'],
    'more scopes than the subject has': [
      () => exchangeForm(personToken({ scope: 'llm:embed' }), outsideToken(), { scope: 'llm:embed llm:invoke' }),
      'invalid_scope',
    ],
    'another audience': [() => exchangeForm(personToken(), outsideToken(), { audience: 'payroll' }), 'invalid_target'],
    'a resource elsewhere': [() => exchangeForm(personToken(), outsideToken(), { resource: 'https://payroll.example' }), 'invalid_target'],
    'an ID token as the subject, by type': [
      () => exchangeForm(personToken(), outsideToken(), { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }),
      'invalid_request',
    ],
    'an ID token as the subject, by its claims': [() => exchangeForm(personToken({ nonce: 'n' }), outsideToken()), 'invalid_request'],
    'a SAML assertion as the subject': [
      () => exchangeForm(personToken(), outsideToken(), { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }),
      'invalid_request',
    ],
    'a refresh token wanted': [
      () => exchangeForm(personToken(), outsideToken(), { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }),
      'invalid_request',
    ],
    'an expired subject': [
      () => exchangeForm(personToken({ exp: nowSeconds - 3600, iat: nowSeconds - 7200 }), outsideToken()),
      'invalid_request',
    ],
    'an expired actor': [
      () => exchangeForm(personToken(), outsideToken({ exp: nowSeconds - 3600, iat: nowSeconds - 7200 })),
      'invalid_client',
    ],
    'a subject for another audience': [() => exchangeForm(personToken({ aud: 'payroll' }), outsideToken()), 'invalid_request'],
    'a subject of an unknown issuer': [() => exchangeForm(personToken({ iss: 'https://evil.example' }), outsideToken()), 'invalid_request'],
    'a forged subject': [
      () =>
        exchangeForm(mint({ sub: '00u1', kind: 'person' }, { alg: 'ES256', kid: 'rsa-1', typ: 'at+jwt' }, ec.privateKey), outsideToken()),
      'invalid_request',
    ],
    'a subject that names another actor': [
      () => exchangeForm(personToken({ may_act: { sub: 'somebody-else' } }), outsideToken()),
      'invalid_request',
    ],
    'a subject whose may_act names nobody': [() => exchangeForm(personToken({ may_act: {} }), outsideToken()), 'invalid_request'],
    'an actor that is a delegated token itself': [
      () => exchangeForm(personToken(), outsideToken({ act: { sub: 'hidden' } })),
      'invalid_client',
    ],
    'an actor token without its type': [() => ({ ...exchangeForm(personToken()), actor_token: outsideToken() }), 'invalid_request'],
    'a type without an actor token': [() => ({ ...exchangeForm(personToken()), actor_token_type: accessTokenType }), 'invalid_request'],
  };

  for (const [name, [form, error]] of Object.entries(refusals)) {
    test(name, async (t) => {
      const { token, asked } = await startTokens(t);
      const answer = await token(form());
      assert.equal(answer.json['error'], error);
      assert.ok(!('access_token' in answer.json));
      assert.deepEqual(asked, [], 'the policy is not even asked');
    });
  }

  test('a longer life than either credential has', async (t) => {
    const { token } = await startTokens(t);
    const short = await token(exchangeForm(personToken({ exp: nowSeconds + 120 }), outsideToken()));
    assert.equal(short.json['expires_in'], 120);
    const actor = await token(exchangeForm(personToken(), outsideToken({ exp: nowSeconds + 90 })));
    assert.equal(actor.json['expires_in'], 90);
  });

  test('scopes are the subject’s where none are asked for', async (t) => {
    const { token } = await startTokens(t);
    assert.equal((await token(exchangeForm(personToken({ scope: 'llm:embed' }), outsideToken()))).json['scope'], 'llm:embed');
  });

  test('a chain that grows without end', async (t) => {
    const { token } = await startTokens(t, { maxActors: 2 });
    let subject = personToken();
    for (const sub of ['one', 'two']) subject = String((await token(exchangeForm(subject, outsideToken({ sub })))).json['access_token']);
    assert.equal((await token(exchangeForm(subject, outsideToken({ sub: 'three' })))).json['error'], 'invalid_request');
  });

  test('an actor that stands in the chain already', async (t) => {
    const { token } = await startTokens(t);
    const first = String((await token(exchangeForm(personToken(), outsideToken()))).json['access_token']);
    assert.equal((await token(exchangeForm(first, outsideToken()))).json['error'], 'invalid_request');
  });

  test('a subject token that is bound to somebody’s key', async (t) => {
    const { getCode, redeem, token } = await startTokens(t);
    const bound = String((await redeem(await getCode(), {}, { dpop: proveKey(makeDpopKey()) })).json['access_token']);
    assert.equal((await token(exchangeForm(bound, outsideToken()))).json['error'], 'invalid_request');
  });

  test('two actors at once', async (t) => {
    const { token } = await startTokens(t);
    const headers = { authorization: `Bearer ${outsideToken({ sub: 'other' })}` };
    assert.equal((await token(exchangeForm(personToken(), outsideToken()), headers)).json['error'], 'invalid_request');
  });

  test('a parameter twice', async (t) => {
    const { token } = await startTokens(t);
    const form = new URLSearchParams(exchangeForm(personToken(), outsideToken()));
    form.append('subject_token', personToken({ sub: 'victim' }));
    assert.equal((await token(form.toString())).json['error'], 'invalid_request');
  });
});
