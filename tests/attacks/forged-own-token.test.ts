import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { startTokens } from '../http/tokens/harness.ts';
import { claims, mint, nowSeconds } from '../pipeline/authenticate/issuer.ts';

const victim = { kind: 'person', id: 'okta:admin', issuer: 'okta', method: 'oidc', roles: ['gateway-admin'], groups: [], claims: {} };

suite('forged own tokens: only the gateway speaks for other issuers, and only in one voice', () => {
  test('an outside issuer that puts a chain into its token is heard for its own subject only', async (t) => {
    const { present } = await startTokens(t);
    const chain = await present(mint({ ...claims, principals: [victim] }));
    assert.ok(!('kind' in chain));
    assert.equal(chain.originator.id, 'okta:00u1');
    assert.deepEqual(chain.originator.roles, []);
  });

  test('an outside key under the gateway’s own name', async (t) => {
    const { present } = await startTokens(t);
    const outcome = await present(
      mint({ ...claims, iss: 'https://gateway.example', sub: victim.id, exp: nowSeconds + 60, principals: [victim] }),
    );
    assert.equal('kind' in outcome && outcome.code, 'credential.invalid');
  });

  const broken: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'no chain': {},
    'an empty chain': { principals: [] },
    'a subject other than the first of the chain': { sub: 'okta:00u1', principals: [victim] },
    'an actor that only act knows': { principals: [victim], act: { sub: 'okta:bot' } },
    'an actor that only the chain knows': { principals: [victim, { ...victim, id: 'okta:bot' }] },
    'actors in another order': {
      principals: [victim, { ...victim, id: 'okta:a' }, { ...victim, id: 'okta:b' }],
      act: { sub: 'okta:a', act: { sub: 'okta:b' } },
    },
    'an id that is not its issuer’s': { sub: 'okta:admin', principals: [{ ...victim, issuer: 'other' }] },
    'a principal of the mint itself': { sub: 'regate:x', principals: [{ ...victim, id: 'regate:x', issuer: 'regate' }] },
    'an unknown kind': { principals: [{ ...victim, kind: 'god' }] },
    'an unknown method': { principals: [{ ...victim, method: 'trust-me' }] },
    'roles that are no list of names': { principals: [{ ...victim, roles: [{}] }] },
    'a chain of seventeen': { principals: Array.from({ length: 17 }, () => victim) },
  };
  for (const [name, more] of Object.entries(broken)) {
    // The mint would not write these; whoever finds a way to make it must still not be believed.
    test(`signed by the gateway’s key: ${name}`, async (t) => {
      const { present, directory, keys } = await startTokens(t);
      const file = readdirSync(directory).find((each) => each.endsWith('.pem')) ?? '';
      const key = createPrivateKey(readFileSync(join(directory, file), 'utf8'));
      const payload = {
        iss: 'https://gateway.example',
        aud: 'regate',
        sub: victim.id,
        iat: nowSeconds,
        exp: nowSeconds + 60,
        jti: 'x',
        ...more,
      };
      const outcome = await present(mint(payload, { alg: 'ES256', kid: keys.active().kid, typ: 'at+jwt' }, key));
      assert.equal('kind' in outcome && outcome.code, 'identity.unmapped');
    });
  }
});
