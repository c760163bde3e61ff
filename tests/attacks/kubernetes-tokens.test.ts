import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isRefusal } from '../../gateway/errors.ts';
import { makeChain } from '../../gateway/pipeline/chain/chain.ts';
import type { IssuerConfiguration } from '../../gateway/vocabulary/configuration.ts';
import { issuerConfiguration, keySet, makeBench, mint, nowSeconds } from '../pipeline/authenticate/issuer.ts';

const issuer: IssuerConfiguration = {
  ...issuerConfiguration,
  alias: 'prod',
  kind: 'kubernetes',
  issuer: 'https://kubernetes.default.svc.cluster.local',
  algorithms: ['RS256'],
  types: ['JWT', 'none'],
  claims: ['namespace', 'pod'],
  subject: {
    kind: 'service',
    kinds: {},
    id: 'service_account',
    groups: 'groups',
    groupRoles: { 'system:serviceaccounts:research': ['researcher'] },
    idRoles: { 'research/batch': ['batch'] },
  },
};
const header = { alg: 'RS256', kid: 'rsa-1' };
/** As a projected service-account token of Kubernetes 1.30 has them. */
const token = {
  aud: ['regate'],
  exp: nowSeconds + 3600,
  iat: nowSeconds - 7,
  nbf: nowSeconds - 7,
  iss: issuer.issuer,
  jti: '0a4b3c1d-9c7c-4f1e-8f7e-1f0f0c1b2a3d',
  'kubernetes.io': {
    namespace: 'research',
    node: { name: 'node-1', uid: '1' },
    pod: { name: 'batch-7d9', uid: '2' },
    serviceaccount: { name: 'batch', uid: '3' },
  },
  sub: 'system:serviceaccount:research:batch',
};

async function ask(payload: unknown) {
  const bench = makeBench(issuer);
  bench.publish(() => JSON.stringify(keySet));
  return await bench.ask(mint(payload, header));
}
const verdict = async (payload: unknown) => {
  const result = await ask(payload);
  return typeof result === 'string' ? result : 'accepted';
};
const withAccount = (more: object) => ({ ...token, 'kubernetes.io': { ...token['kubernetes.io'], ...more } });

suite('service-account tokens of Kubernetes', () => {
  test('one that was projected for this audience', async () => {
    const proof = await ask(token);
    assert.ok(typeof proof !== 'string');
    const chain = makeChain({ issuers: [issuer], clock: { now: () => nowSeconds * 1000 } })({ proofs: [proof] });
    assert.ok(!isRefusal(chain));
    assert.deepEqual(chain.caller, {
      kind: 'service',
      id: 'prod:research/batch',
      issuer: 'prod',
      method: 'kubernetes',
      roles: ['batch', 'researcher'],
      groups: ['system:serviceaccounts', 'system:serviceaccounts:research'],
      claims: { namespace: 'research', pod: 'batch-7d9' },
    });
  });
  test('a claim of the token’s own does not stand in for what Kubernetes says', async () => {
    const proof = await ask({ ...token, namespace: 'kube-system', service_account: 'kube-system/admin', groups: ['system:masters'] });
    assert.ok(typeof proof !== 'string');
    const chain = makeChain({ issuers: [issuer], clock: { now: () => nowSeconds * 1000 } })({ proofs: [proof] });
    assert.ok(!isRefusal(chain));
    assert.equal(chain.caller.id, 'prod:research/batch');
    assert.equal(chain.caller.claims['namespace'], 'research');
    assert.ok(!chain.caller.groups.includes('system:masters'));
  });
  for (const [what, payload] of [
    ['without an audience', { ...token, aud: undefined }],
    ['for the API server', { ...token, aud: ['https://kubernetes.default.svc.cluster.local'] }],
    ['of old, without an end', { ...token, exp: undefined }],
    ['for a year', { ...token, exp: nowSeconds + 31_536_000 }],
    ['of another cluster', { ...token, iss: 'https://kubernetes.default.svc' }],
    ['without a service account', { ...token, 'kubernetes.io': undefined }],
    ['whose subject is another account', { ...token, sub: 'system:serviceaccount:kube-system:admin' }],
    ['whose subject is another namespace’s', { ...token, sub: 'system:serviceaccount:prod:batch' }],
    ['whose subject is a user', { ...token, sub: 'admin' }],
    [
      'whose namespace holds the separator',
      { ...withAccount({ namespace: 'research:batch' }), sub: 'system:serviceaccount:research:batch:batch' },
    ],
    ['whose name holds a slash', { ...withAccount({ serviceaccount: { name: 'a/b' } }), sub: 'system:serviceaccount:research:a/b' }],
    ['whose account is a list', withAccount({ serviceaccount: [{ name: 'batch' }] })],
  ] as const) {
    test(what, async () => assert.equal(await verdict(payload), 'credential.invalid'));
  }
  test('expired', async () =>
    assert.equal(await verdict({ ...token, iat: nowSeconds - 4000, exp: nowSeconds - 60 }), 'credential.expired'));
});
