import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isRefusal } from '../../gateway/errors.ts';
import { makeChain } from '../../gateway/pipeline/chain/chain.ts';
import type { IssuerConfiguration } from '../../gateway/vocabulary/configuration.ts';
import { ec, issuerConfiguration, jwk, makeBench, mint, nowSeconds, otherRsa, rsa } from '../pipeline/authenticate/issuer.ts';

const issuer: IssuerConfiguration = {
  ...issuerConfiguration,
  alias: 'mesh',
  kind: 'spiffe',
  issuer: 'spiffe://example.org',
  trustDomain: 'example.org',
  algorithms: ['RS256', 'ES256'],
  types: ['JWT', 'JOSE', 'none'],
  subject: { kind: 'service', kinds: {}, id: 'sub', groupRoles: {}, idRoles: { 'spiffe://example.org/ns/prod/*': ['batch'] } },
};
/** A trust bundle: keys for tokens, one for certificates, and one that is marked for nothing. */
const bundle = {
  spiffe_sequence: 1,
  keys: [
    jwk(rsa.publicKey, { kid: 'jwt-1', use: 'jwt-svid' }),
    jwk(ec.publicKey, { kid: 'x509-1', use: 'x509-svid' }),
    jwk(otherRsa.publicKey, { kid: 'unmarked' }),
  ],
};
const id = 'spiffe://example.org/ns/prod/sa/batch';
const svid = { sub: id, aud: ['regate'], exp: nowSeconds + 300 };
const header = { alg: 'RS256', kid: 'jwt-1', typ: 'JWT' };

async function ask(token: string, more: Partial<IssuerConfiguration> = {}) {
  const bench = makeBench({ ...issuer, ...more });
  bench.publish(() => JSON.stringify(bundle));
  return await bench.ask(token);
}
const verdict = async (payload: unknown, head: unknown = header, key = rsa.privateKey, more: Partial<IssuerConfiguration> = {}) => {
  const result = await ask(mint(payload, head, key), more);
  return typeof result === 'string' ? result : 'accepted';
};

suite('JWT-SVIDs', () => {
  test('one that names no issuer is accepted by its trust domain', async () => {
    const proof = await ask(mint(svid, header));
    assert.ok(typeof proof !== 'string' && proof.method === 'jwt');
    const chain = makeChain({ issuers: [issuer], clock: { now: () => nowSeconds * 1000 } })({ proofs: [proof] });
    assert.ok(!isRefusal(chain));
    assert.deepEqual(chain.caller, {
      kind: 'service',
      id: `mesh:${id}`,
      issuer: 'mesh',
      method: 'spiffe',
      roles: ['batch'],
      groups: [],
      claims: {},
    });
    assert.equal(chain.chain[1]?.kind === 'token' && chain.chain[1].method, 'spiffe');
  });
  test('without a typ, or with JOSE', async () => {
    assert.equal(await verdict(svid, { alg: 'RS256', kid: 'jwt-1' }), 'accepted');
    assert.equal(await verdict(svid, { ...header, typ: 'JOSE' }), 'accepted');
  });
  for (const [what, payload] of [
    ['for another audience', { ...svid, aud: ['another-service'] }],
    ['for no audience', { sub: id, exp: svid.exp }],
    ['for an empty audience', { ...svid, aud: [] }],
    ['of another trust domain', { ...svid, sub: 'spiffe://example.com/ns/prod/sa/batch' }],
    ['of a trust domain that only begins like it', { ...svid, sub: 'spiffe://example.org.evil/a' }],
    ['of another trust domain, in the name of this one’s issuer', { ...svid, iss: 'spiffe://example.org', sub: 'spiffe://example.com/a' }],
    ['of a whole trust domain', { ...svid, sub: 'spiffe://example.org' }],
    ['of a path that climbs', { ...svid, sub: 'spiffe://example.org/ns/dev/../prod/sa/batch' }],
    ['of a wildcard', { ...svid, sub: 'spiffe://example.org/*' }],
    ['of a subject that is no SPIFFE ID', { ...svid, iss: 'spiffe://example.org', sub: 'batch' }],
    ['of a subject in capitals', { ...svid, sub: 'SPIFFE://example.org/ns/prod/sa/batch' }],
    ['without an end', { sub: id, aud: ['regate'] }],
  ] as const) {
    test(what, async () => assert.equal(await verdict(payload), 'credential.invalid'));
  }
  test('expired', async () => assert.equal(await verdict({ ...svid, exp: nowSeconds - 60 }), 'credential.expired'));
  test('signed with the key for certificates', async () => {
    assert.equal(await verdict(svid, { alg: 'ES256', kid: 'x509-1' }, ec.privateKey), 'credential.invalid');
  });
  test('signed with a key that the bundle marks for nothing', async () => {
    assert.equal(await verdict(svid, { alg: 'RS256', kid: 'unmarked' }, otherRsa.privateKey), 'credential.invalid');
  });
  test('signed by somebody else', async () => assert.equal(await verdict(svid, header, otherRsa.privateKey), 'credential.invalid'));
  test('with an algorithm that the standard does not have', async () => {
    assert.equal(await verdict(svid, { ...header, alg: 'HS256' }), 'credential.invalid');
    assert.equal(await verdict(svid, { ...header, alg: 'none' }), 'credential.invalid');
  });
  test('of a trust domain whose id only begins like an entry of id_roles', async () => {
    const proof = await ask(mint({ ...svid, sub: 'spiffe://example.org/ns/production/sa/x' }, header));
    assert.ok(typeof proof !== 'string');
    const chain = makeChain({ issuers: [issuer], clock: { now: () => nowSeconds * 1000 } })({ proofs: [proof] });
    assert.deepEqual(!isRefusal(chain) && chain.caller.roles, []);
  });
});

suite('a token whose binding was left out, where the issuer’s tokens must have one', () => {
  test('is refused', async () => {
    assert.equal(await verdict(svid, header, rsa.privateKey, { certificateBound: true }), 'credential.unbound');
  });
  test('with one it is for the certificate to say', async () => {
    const bound = { ...svid, cnf: { 'x5t#S256': 'x' } };
    assert.equal(await verdict(bound, header, rsa.privateKey, { certificateBound: true }), 'accepted');
  });
});
