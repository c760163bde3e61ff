import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { buildConfiguration } from '../../gateway/config/load.ts';
import { isRefusal } from '../../gateway/errors.ts';
import { makeJwtAuthenticator } from '../../gateway/pipeline/authenticate/jwt.ts';
import { makeChain } from '../../gateway/pipeline/chain/chain.ts';
import { seal } from '../../gateway/secret.ts';
import type { Principal } from '../../gateway/vocabulary/identity.ts';
import { freezeClock, keepLog, startOfTime } from '../pipeline/authenticate/clock.ts';
import { keySet, mint, nowSeconds } from '../pipeline/authenticate/issuer.ts';

/* The example is a configuration that works: an issuer that imitates each of those in it gets the identity that the example promises. */
const path = join(import.meta.dirname, '../../examples/workload-issuers.yaml');
const { identity } = buildConfiguration(path, readFileSync(path, 'utf8'), { environment: { OPENAI_API_KEY: 'x' } });
const issuers = identity.issuers.map((issuer) => ({ ...issuer, jwks: { url: 'https://keys.invalid' } }));
const authenticate = makeJwtAuthenticator({
  issuers,
  fetchKeys: async () => JSON.stringify(keySet),
  clock: freezeClock(),
  logger: keepLog().logger,
  digestKey: Buffer.alloc(32, 1),
});
const chain = makeChain({ issuers, clock: { now: () => startOfTime } });

async function callerOf(claims: object): Promise<Principal | string> {
  const times = { iat: nowSeconds - 10, nbf: nowSeconds - 10, exp: nowSeconds + 290, jti: 'a' };
  const proof = await authenticate(seal(mint({ ...times, aud: 'regate', ...claims }, { alg: 'RS256', kid: 'rsa-1', typ: 'JWT' })));
  if (proof === undefined) return 'no JWT';
  if (isRefusal(proof)) return `${proof.code}: ${proof.detail}`;
  const identified = chain({ proofs: [proof] });
  return isRefusal(identified) ? `${identified.code}: ${identified.detail}` : identified.caller;
}

async function mustBe(claims: object, wanted: Partial<Principal>): Promise<void> {
  const caller = await callerOf(claims);
  assert.ok(typeof caller !== 'string', String(caller));
  assert.deepEqual({ ...caller, ...wanted }, caller);
}

const github = {
  iss: 'https://token.actions.githubusercontent.com',
  sub: 'repo:octo-org/octo-repo:ref:refs/heads/main',
  ref: 'refs/heads/main',
  sha: 'ffac537e6cbbf934b08745a378932722df287a53',
  repository: 'octo-org/octo-repo',
  repository_owner: 'octo-org',
  repository_id: '74',
  repository_owner_id: '65',
  repository_visibility: 'private',
  run_id: '1',
  run_attempt: '1',
  runner_environment: 'github-hosted',
  actor: 'octocat',
  actor_id: '12',
  workflow: 'ci',
  event_name: 'push',
  ref_type: 'branch',
  job_workflow_ref: 'octo-org/octo-repo/.github/workflows/ci.yml@refs/heads/main',
};

suite('GitHub Actions', () => {
  test('a job of the main branch', async () => {
    await mustBe(github, { kind: 'service', id: `github:${github.sub}`, method: 'jwt', roles: ['service'] });
    const caller = await callerOf(github);
    assert.ok(typeof caller !== 'string');
    assert.equal(caller.claims['repository_owner_id'], '65');
    assert.equal(caller.claims['sha'], undefined, 'a claim that the example does not list');
  });
  test('an environment', () => mustBe({ ...github, sub: 'repo:octo-org/octo-repo:environment:production' }, { roles: ['service'] }));
  test('a job of a pull request has no role', () => mustBe({ ...github, sub: 'repo:octo-org/octo-repo:pull_request' }, { roles: [] }));
  test('a branch whose name begins like main has no role', () => {
    return mustBe({ ...github, sub: 'repo:octo-org/octo-repo:ref:refs/heads/main-evil' }, { roles: [] });
  });
  test('a repository of somebody else has no role', () =>
    mustBe({ ...github, sub: 'repo:evil/octo-repo:ref:refs/heads/main' }, { roles: [] }));
  test('the audience that GitHub writes unless asked for another', async () => {
    assert.equal(await callerOf({ ...github, aud: 'https://github.com/octo-org' }), 'credential.invalid: the audience is another one');
  });
  test('an audience of AWS', async () => {
    assert.equal(await callerOf({ ...github, aud: 'sts.amazonaws.com' }), 'credential.invalid: the audience is another one');
  });
});

test('GitLab CI', async () => {
  const sub = 'project_path:my-group/my-project:ref_type:branch:ref:main';
  const claims = {
    iss: 'https://gitlab.com',
    sub,
    project_id: '22',
    namespace_id: '72',
    ref: 'main',
    ref_type: 'branch',
    ref_protected: 'true',
  };
  await mustBe(claims, { kind: 'service', id: `gitlab:${sub}`, roles: ['service'] });
  await mustBe({ ...claims, sub: `${sub}-evil` }, { roles: [] });
});

test('Buildkite', async () => {
  const sub = 'organization:acme:pipeline:deploy:ref:refs/heads/main:commit:9f3182:step:build';
  await mustBe(
    { iss: 'https://agent.buildkite.com', sub, pipeline_id: '0184', organization_slug: 'acme' },
    { id: 'buildkite:0184', roles: [] },
  );
});

test('Kubernetes', async () => {
  const account = (namespace: string, name: string) => ({
    iss: 'https://kubernetes.default.svc.cluster.local',
    sub: `system:serviceaccount:${namespace}:${name}`,
    'kubernetes.io': { namespace, serviceaccount: { name, uid: '1' }, pod: { name: 'p', uid: '2' } },
  });
  await mustBe(account('research', 'batch'), {
    kind: 'service',
    id: 'prod-cluster:research/batch',
    method: 'kubernetes',
    roles: ['service'],
  });
  await mustBe(account('assistants', 'triage'), { roles: ['agent'] });
  await mustBe(account('default', 'default'), { roles: [] });
});

test('Google Cloud', async () => {
  const sub = '104892101998012345678';
  const claims = {
    iss: 'https://accounts.google.com',
    azp: sub,
    sub,
    email: 'batch@project.iam.gserviceaccount.com',
    email_verified: true,
  };
  await mustBe(claims, { kind: 'service', id: `gcp:${sub}`, roles: ['service'], claims: {} });
});

test('Microsoft Entra', async () => {
  const iss = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0';
  const claims = { iss, aud: '66666666-7777-8888-9999-000000000000', sub: 'x', oid: 'o-1', idtyp: 'app', roles: ['service'] };
  await mustBe(claims, { kind: 'service', id: 'entra:o-1', roles: ['service'] });
  await mustBe({ ...claims, idtyp: 'user' }, { kind: 'person' });
});

test('SPIFFE', async () => {
  const sub = 'spiffe://example.org/ns/research/sa/batch';
  await mustBe({ sub }, { kind: 'service', id: `mesh:${sub}`, method: 'spiffe', roles: ['service'] });
});
