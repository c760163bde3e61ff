import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { accessToken, deviceClaims, header, makeDeviceBench, mintDevice, ofDevice, ofWorkload } from './device-bench.ts';

suite('a device token beside a credential', () => {
  test('attests the device and stands in the chain as a link, without a scope or a principal of its own', async () => {
    const { show, ask } = makeDeviceBench();
    const without = await ask(['authorization', `Bearer ${accessToken()}`]);
    const result = await show(mintDevice({ scope: 'admin', scp: ['admin'], roles: ['admin'] }));
    assert.ok(typeof result !== 'string' && typeof without !== 'string');
    assert.deepEqual(result.attested, { device: { id: 'C02XK1', managed: true, os: 'macOS', evidence: 'attested' } });
    assert.deepEqual(result.principals, without.principals);
    assert.deepEqual(result.chain, [
      ...without.chain,
      {
        kind: 'token',
        id: 'device-token-1',
        issuer: 'mdm',
        method: 'device-token',
        scopes: [],
        issued_at: new Date(deviceClaims.iat * 1000).toISOString(),
        expires_at: new Date(deviceClaims.exp * 1000).toISOString(),
      },
    ]);
  });

  test('may name anybody in the chain: the person, or the agent that acts for him', async () => {
    const access = accessToken({ act: { sub: 'agent-7' } });
    const { show } = makeDeviceBench();
    assert.notEqual(typeof (await show(mintDevice(), access)), 'string');
    assert.notEqual(typeof (await show(mintDevice({ sub: 'agent-7' }), access)), 'string');
    assert.match(String(await show(mintDevice({ sub: 'agent-8' }), access)), /^identity\.contradictory/);
  });

  test('the claim that names somebody is configurable', async () => {
    const { show } = makeDeviceBench({ principal: { claim: 'owner.id', issuer: 'okta' } });
    assert.notEqual(typeof (await show(mintDevice({ sub: 'C02XK1', owner: { id: '00u1' } }))), 'string');
    assert.match(String(await show(mintDevice())), /^identity\.contradictory/);
  });

  test('of the device that a certificate proves: the statements add up, and the certificate’s stand', async () => {
    const result = await makeDeviceBench().show(mintDevice(), accessToken(), ofDevice('C02XK1'));
    assert.ok(typeof result !== 'string');
    assert.deepEqual(result.attested.device, { id: 'C02XK1', managed: true, os: 'macOS', evidence: 'attested' });
    assert.deepEqual(
      result.chain.map(({ kind, ...link }) => (kind === 'token' && 'method' in link ? link.method : kind)),
      ['person', 'jwt', 'mtls', 'device-token'],
    );
  });

  test('bound to the certificate instead of to somebody', async () => {
    const { show } = makeDeviceBench({ boundTo: 'certificate' });
    const bound = mintDevice({ sub: 'C02XK1', cnf: { 'x5t#S256': 'thumbprint-1' } });
    assert.notEqual(typeof (await show(bound, accessToken(), ofDevice('C02XK1'))), 'string');
  });

  test('beside a workload’s certificate alone', async () => {
    const { ask } = makeDeviceBench({ principal: { claim: 'sub', issuer: 'workload' } });
    const result = await ask([header, mintDevice({ sub: 'batch' })], ofWorkload('batch'));
    assert.ok(typeof result !== 'string');
    assert.equal(result.attested.device?.id, 'C02XK1');
  });

  test('without one nothing changes', async () => {
    const result = await makeDeviceBench().ask(['authorization', `Bearer ${accessToken()}`]);
    assert.ok(typeof result !== 'string');
    assert.deepEqual(result.attested, {});
  });
});
