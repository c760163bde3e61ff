import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isRefusal } from '../../../gateway/errors.ts';
import { makeChain } from '../../../gateway/pipeline/chain/chain.ts';
import { claims, issuerConfiguration, nowSeconds } from '../authenticate/issuer.ts';
import { actor, chainOf, configuration, mustChain, now, subject } from './chains.ts';

suite('chain: one principal', () => {
  test('a person, then the token', () => {
    const result = mustChain({
      jti: 'token-1',
      scope: 'chat models',
      realm_access: { roles: ['admin'] },
      groups: ['engineering', 'everyone'],
      department: 'r&d',
      email: 'ada@example.com',
    });
    assert.deepEqual(result, {
      chain: [
        {
          kind: 'person',
          id: 'okta:00u1',
          issuer: 'okta',
          method: 'jwt',
          roles: ['admin', 'engineer', 'reader'],
          groups: ['engineering', 'everyone'],
          claims: { department: 'r&d' },
        },
        {
          kind: 'token',
          id: 'token-1',
          issuer: 'okta',
          method: 'jwt',
          scopes: ['chat', 'models'],
          issued_at: new Date((nowSeconds - 60) * 1000).toISOString(),
          expires_at: new Date((nowSeconds + 3600) * 1000).toISOString(),
        },
      ],
      principals: [result.originator],
      originator: result.chain[0],
      caller: result.chain[0],
      attested: {},
    });
  });
  test('without claims for them: no roles, no groups, and no made-up facts', () => {
    const { originator, attested } = mustChain({});
    assert.deepEqual([originator.roles, originator.groups, originator.claims], [[], [], {}]);
    assert.ok(!('assurance' in originator) && !('owner' in originator));
    assert.deepEqual(attested, {});
  });
  test('the kind is what the claim says where the configuration knows its value', () => {
    assert.equal(mustChain({ gty: 'client-credentials' }).caller.kind, 'service');
    assert.equal(mustChain({ gty: 'agent' }).caller.kind, 'agent');
    for (const gty of ['unknown', 'constructor', '__proto__', 7, ['agent'], null]) assert.equal(mustChain({ gty }).caller.kind, 'person');
  });
  test('another claim than sub, where the configuration says so; never an e-mail address unasked', () => {
    const change = { subject: { ...subject, id: 'user.oid' } };
    assert.equal(mustChain({ user: { oid: 'o-1' }, email: 'ada@example.com' }, change).caller.id, 'okta:o-1');
    assert.equal(chainOf({ email: 'ada@example.com' }, change), 'identity.unmapped');
    assert.equal(chainOf({ user: { oid: 7 } }, change), 'identity.unmapped');
  });
  test('a virtual key is its holder’s, who has an owner', () => {
    const key = {
      id: 'abcdefghij',
      name: 'ci-bot',
      kind: 'service',
      owner: { kind: 'team', id: 'research' },
      roles: ['ci'],
      groups: ['builders'],
      scopes: ['chat'],
      claims: { cost_center: 7 },
      created_at: '2025-06-15T00:00:00.000Z',
      expires_at: '2025-09-15T00:00:00.000Z',
    } as const;
    const result = makeChain({ issuers: [], clock: { now: () => now } })({ proofs: [{ method: 'virtual-key', key }] });
    assert.ok(!isRefusal(result));
    const { roles, groups, owner } = key;
    const holder = { kind: 'service', id: 'keys:ci-bot', issuer: 'keys', method: 'virtual-key', roles, groups, claims: key.claims, owner };
    const token = { kind: 'token', id: 'abcdefghij', issuer: 'keys', method: 'virtual-key', scopes: ['chat'] };
    assert.deepEqual(result.chain, [holder, { ...token, issued_at: key.created_at, expires_at: key.expires_at }]);
    assert.equal(result.caller, result.originator);
  });
  test('an issuer without a mapping, or two proofs: nobody is guessed', () => {
    const chain = makeChain({ issuers: [configuration], clock: { now: () => now } });
    const proof = { method: 'jwt', issuer: 'okta', claims, digest: 'd' } as const;
    for (const result of [chain({ proofs: [{ ...proof, issuer: 'other' }] }), chain({ proofs: [proof, proof] })]) {
      assert.equal(isRefusal(result) && result.code, 'identity.unmapped');
    }
  });
  test('the same proof gives the same chain, and nobody can write to it', () => {
    const chain = makeChain({ issuers: [configuration], clock: { now: () => now } });
    const proof = { method: 'jwt', issuer: 'okta', claims: { ...claims, realm_access: { roles: ['a'] } }, digest: 'd' } as const;
    const result = chain({ proofs: [proof] });
    assert.equal(chain({ proofs: [proof] }), result);
    assert.ok(!isRefusal(result) && Object.isFrozen(result.originator.roles) && Object.isFrozen(result.principals));
  });
});

suite('chain: delegation (RFC 8693 section 4.1)', () => {
  const nested = {
    realm_access: { roles: ['engineer'] },
    act: { sub: 'agent-7', gty: 'agent', roles: ['assistant'], act: { sub: 'svc-3', roles: ['batch'] } },
  };
  test('the originator first, then the innermost actor, the current actor last', () => {
    const { principals, originator, caller, chain } = mustChain(nested);
    assert.deepEqual(
      principals.map(({ kind, id, method, roles }) => [kind, id, method, roles]),
      [
        ['person', 'okta:00u1', 'jwt', ['engineer']],
        ['service', 'okta:svc-3', 'delegated', ['batch']],
        ['agent', 'okta:agent-7', 'delegated', ['assistant']],
      ],
    );
    assert.deepEqual([originator.id, caller.id, chain.at(-1)?.kind], ['okta:00u1', 'okta:agent-7', 'token']);
  });
  test('an actor has nothing of what surrounds it', () => {
    const more = { act: { sub: 'agent-7' }, roles: ['root'], department: 'r&d', amr: ['mfa'] };
    const { caller } = mustChain(more);
    assert.deepEqual(caller, {
      kind: 'service',
      id: 'okta:agent-7',
      issuer: 'okta',
      method: 'delegated',
      roles: [],
      groups: [],
      claims: {},
    });
  });
  test('an actor that names the token’s own issuer is the same actor', () => {
    assert.equal(mustChain({ act: { sub: 'agent-7', iss: claims.iss } }).caller.id, 'okta:agent-7');
  });
  test('as many actors as the issuer may name', () => {
    assert.equal(mustChain(nested, { maxActors: 2 }).principals.length, 3);
    assert.equal(chainOf(nested, { maxActors: 1 }), 'identity.delegation-refused');
  });
  test('the mapping of actors is its own', () => {
    assert.equal(mustChain({ act: { client_id: 'c-1' } }, { actor: { ...actor, id: 'client_id' } }).caller.id, 'okta:c-1');
  });
});

suite('chain: the token', () => {
  test('without a usable jti it is named by the keyed digest', () => {
    for (const jti of [undefined, '', 7, 'a b', 'a\n', 'x'.repeat(256)]) assert.equal(mustChain({ jti }).chain.at(-1)?.id, 'keyed-digest');
  });
  for (const [name, more, scopes] of [
    ['scope', { scope: 'a  b a' }, ['a', 'b']],
    ['scope as an array', { scope: ['a', 'b'] }, ['a', 'b']],
    ['scp as a string', { scp: 'a b' }, ['a', 'b']],
    ['scp as an array', { scp: ['a', 'b'] }, ['a', 'b']],
    ['scope before scp', { scope: 'a', scp: ['b'] }, ['a']],
    ['an empty scope', { scope: '' }, []],
  ] as const) {
    test(name, () => {
      const token = mustChain(more).chain.at(-1);
      assert.deepEqual(token?.kind === 'token' && token.scopes, scopes);
    });
  }
  for (const scope of [7, { a: true }, ['a', 7], null]) {
    test(`scope ${JSON.stringify(scope)} is not believed in part`, () => assert.equal(chainOf({ scope }), 'identity.unmapped'));
  }
});

suite('chain: what the token vouches for', () => {
  test('assurance and session', () => {
    const { originator, attested } = mustChain({ sid: 's-1', auth_time: nowSeconds - 90, amr: ['pwd', 'mfa'], acr: 'aal2' });
    assert.deepEqual(originator.assurance, { mfa: true, acr: 'aal2', auth_time: new Date((nowSeconds - 90) * 1000).toISOString() });
    assert.deepEqual(attested.session, { id: 's-1', age_seconds: 90, mfa: true });
  });
  test('the age of the session grows although the chain is remembered', () => {
    let at = now;
    const chain = makeChain({ issuers: [configuration], clock: { now: () => at } });
    const proof = { method: 'jwt', issuer: 'okta', claims: { ...claims, sid: 's-1', auth_time: nowSeconds }, digest: 'd' } as const;
    const age = () => {
      const result = chain({ proofs: [proof] });
      return isRefusal(result) ? undefined : result.attested.session?.age_seconds;
    };
    assert.equal(age(), 0);
    at += 61_000;
    assert.equal(age(), 61);
  });
  test('one factor is known to be one; without amr nothing is known', () => {
    assert.equal(mustChain({ amr: ['pwd'] }).originator.assurance?.mfa, false);
    for (const amr of [undefined, [], 'mfa', ['mfa', 7]]) assert.equal(mustChain({ amr }).originator.assurance, undefined);
  });
  test('a login in the future has no age', () => {
    assert.deepEqual(mustChain({ sid: 's-1', auth_time: nowSeconds + 31 }).attested.session, { id: 's-1' });
    assert.equal(mustChain({ sid: 's-1', auth_time: nowSeconds + 30 }).attested.session?.age_seconds, 0);
  });
  test('the device', () => {
    const device = { id: 'device.id', managed: 'device.compliant', os: 'device.os' };
    const read = (claim: unknown) => mustChain({ device: claim }, { device }).attested.device;
    assert.deepEqual(read({ id: 'd-1', compliant: true, os: 'macOS' }), { id: 'd-1', managed: true, os: 'macOS', evidence: 'attested' });
    assert.deepEqual(read({ id: 'd-1', compliant: 'false' }), { id: 'd-1', managed: false, evidence: 'attested' });
    assert.deepEqual(read({ id: 'd-1', compliant: 'yes' }), { id: 'd-1', evidence: 'attested' });
    assert.equal(read({ compliant: true }), undefined);
    assert.equal(read('d-1'), undefined);
    assert.equal(mustChain({ device: { id: 'd-1' } }).attested.device, undefined);
  });
});

suite('chain: paths into the claims', () => {
  const rolesAt = (roles: string, more: Readonly<Record<string, unknown>>) =>
    mustChain(more, { subject: { ...subject, roles } }).caller.roles;
  test('a URL is one name', () => assert.deepEqual(rolesAt('https://example.com/roles', { 'https://example.com/roles': ['a'] }), ['a']));
  test('an escaped dot belongs to the name', () => {
    assert.deepEqual(rolesAt('kubernetes\\.io.roles', { 'kubernetes.io': { roles: ['a'] } }), ['a']);
  });
  test('one role as a string', () => assert.deepEqual(rolesAt('role', { role: 'a' }), ['a']));
  test('inherited members lead nowhere', () => {
    for (const path of ['constructor.name', '__proto__.x', 'toString', 'roles.length'])
      assert.deepEqual(rolesAt(path, { roles: ['a'] }), []);
  });
  test('a claim with a dangerous name stays a claim', () => {
    const hostile: Record<string, unknown> = JSON.parse('{"__proto__":{"admin":true}}');
    const { caller } = mustChain(hostile, { claims: ['__proto__'] });
    assert.ok(Object.hasOwn(caller.claims, '__proto__'));
    assert.equal(Reflect.get(Object.getPrototypeOf(caller.claims), 'admin'), undefined);
  });
  test('only claims on the list are shown', () => {
    const change = { ...issuerConfiguration, claims: ['level', 'constructor'] };
    assert.deepEqual(mustChain({ level: 3, department: 'x' }, change).caller.claims, { level: 3 });
  });
});
