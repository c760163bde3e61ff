import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { KeyLimits, VirtualKey } from '../../gateway/vocabulary/proofs.ts';
import { claimsOf, exchangeForm, outsideToken, personToken, startTokens } from '../http/tokens/harness.ts';
import { issuerConfiguration } from '../pipeline/authenticate/issuer.ts';

/** A second issuer, so that two can have a subject of the same name. */
const second = {
  ...issuerConfiguration,
  alias: 'second',
  issuer: 'https://second.example',
  subject: { kind: 'agent' as const, kinds: {}, id: 'sub', groupRoles: {} },
};

const limits: KeyLimits = { models: ['gpt-5-mini'], cidrs: ['10.0.0.0/8'], budget: { tokens_per_day: 1000 } };

/** The endpoints with virtual keys: the text is the name. */
function withKeys(t: Parameters<typeof startTokens>[0], keys: Readonly<Record<string, Partial<VirtualKey>>>) {
  const authenticators = [
    (credential: { reveal(): string }) => {
      const more = keys[credential.reveal()];
      if (more === undefined) return undefined;
      const name = credential.reveal().replace('rg_', '');
      const key: VirtualKey = {
        ...{ id: `id-${name}`, name, kind: 'agent', owner: { kind: 'team', id: 'research' }, roles: ['agent'], groups: [] },
        ...{ scopes: [], claims: {}, created_at: '2026-01-01T00:00:00Z' },
        ...more,
      };
      return { method: 'virtual-key' as const, key };
    },
  ];
  return startTokens(t, { authenticators, issuers: [second] });
}

suite('token exchange: what limits the actor, or was said about who may act, goes on', () => {
  test('the limits of the key that the actor came with', async (t) => {
    const { token, present } = await withKeys(t, { rg_bot: { limits } });
    const { json } = await token(exchangeForm(personToken(), 'rg_bot'));
    const chain = await present(String(json['access_token']));
    assert.ok('chain' in chain, JSON.stringify(chain));
    assert.deepEqual(
      chain.chain.filter((link) => link.kind === 'token').map((link) => link.limits),
      [limits],
    );
  });

  test('limits of two keys, one behind the other', async (t) => {
    const { token } = await withKeys(t, {
      rg_one: { limits: { models: ['a', 'b'], budget: { tokens_per_day: 10, requests_per_day: 5 } } },
      rg_two: { limits: { models: ['b', 'c'], cidrs: ['10.0.0.0/8'], budget: { tokens_per_day: 100 } } },
      rg_three: { limits: { cidrs: ['192.168.0.0/16'] } },
      rg_four: { limits: { models: ['c'] } },
    });
    const first = String((await token(exchangeForm(personToken(), 'rg_one'))).json['access_token']);
    const both = String((await token(exchangeForm(first, 'rg_two'))).json['access_token']);
    assert.deepEqual(claimsOf(both)['limits'], {
      models: ['b'],
      cidrs: ['10.0.0.0/8'],
      budget: { tokens_per_day: 10, requests_per_day: 5 },
    });
    assert.equal((await token(exchangeForm(both, 'rg_three'))).json['error'], 'invalid_request', 'two lists of places');
    assert.equal((await token(exchangeForm(both, 'rg_four'))).json['error'], 'invalid_request', 'no model is left');
  });

  test('the scopes of the credential that the actor came with', async (t) => {
    const { token } = await withKeys(t, { rg_embed: { scopes: ['llm:embed'] } });
    const subject = personToken({ scope: 'llm:embed llm:invoke' });
    assert.equal((await token(exchangeForm(subject, 'rg_embed'))).json['scope'], 'llm:embed');
    assert.equal((await token(exchangeForm(subject, 'rg_embed', { scope: 'llm:invoke' }))).json['error'], 'invalid_scope');
    assert.equal((await token(exchangeForm(personToken(), 'rg_embed'))).json['scope'], 'llm:embed');
    assert.equal((await token(exchangeForm(personToken({ scope: 'llm:invoke' }), 'rg_embed'))).json['error'], 'invalid_scope');
    const agent = outsideToken({ scope: 'llm:embed' });
    assert.equal((await token(exchangeForm(subject, agent))).json['scope'], 'llm:embed');
  });

  test('scopes out of nothing: a token without them may be one that may do nothing', async (t) => {
    const { token } = await startTokens(t);
    assert.equal((await token(exchangeForm(personToken(), outsideToken(), { scope: 'llm:invoke' }))).json['error'], 'invalid_scope');
  });

  test('an actor of another issuer that has the name which may_act says', async (t) => {
    const { token } = await startTokens(t, { issuers: [second] });
    const namesake = outsideToken({ iss: second.issuer, sub: 'triage' });
    const subject = personToken({ may_act: { sub: 'triage' } });
    assert.equal((await token(exchangeForm(subject, namesake))).json['error'], 'invalid_request');
    assert.equal((await token(exchangeForm(subject, outsideToken({ sub: 'triage' })))).status, 200);
    const elsewhere = personToken({ may_act: { sub: 'triage', iss: second.issuer } });
    assert.equal((await token(exchangeForm(elsewhere, namesake))).status, 200);
    const issuerOnly = personToken({ may_act: { iss: second.issuer } });
    assert.equal((await token(exchangeForm(issuerOnly, namesake))).json['error'], 'invalid_request', 'an issuer is nobody');
  });

  test('may_act forgotten on the way: a second actor in the place of the one that was named', async (t) => {
    const { token } = await startTokens(t);
    const subject = personToken({ may_act: { sub: 'triage' } });
    const first = await token(exchangeForm(subject, outsideToken({ sub: 'triage' })));
    assert.equal(first.status, 200);
    const onward = await token(exchangeForm(String(first.json['access_token']), outsideToken({ sub: 'stranger' })));
    assert.equal(onward.json['error'], 'invalid_request');
  });

  test('may_act that is no object', async (t) => {
    const { token } = await startTokens(t);
    for (const named of ['triage', null, ['triage'], 1]) {
      assert.equal(
        (await token(exchangeForm(personToken({ may_act: named }), outsideToken({ sub: 'triage' })))).json['error'],
        'invalid_request',
      );
    }
  });
});
