import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  accessToken,
  deviceClaims,
  deviceHeader,
  deviceVerdict,
  header,
  makeDeviceBench,
  mintDevice,
  ofDevice,
} from '../pipeline/authenticate/device-bench.ts';
import { claims, encode, jwk, mint, nowSeconds, otherRsa, rsa, rsaHeader } from '../pipeline/authenticate/issuer.ts';

/*
 * The attack: to be on a managed device by word alone. A device token is weighed as evidence, so whoever can pass off another text, another token or
 * another person's as one has opened whatever the policy keeps for managed devices. And one that does not hold must never be left aside.
 */

const invalid = /^credential\.device-token-invalid/;
const expired = /^credential\.device-token-expired/;
const contradictory = /^identity\.contradictory/;

test('the device token that all the others imitate is accepted', async () => assert.equal(await deviceVerdict(mintDevice()), 'accepted'));

suite('a stolen device token', () => {
  test('with another person’s access token', async () => {
    assert.match(String(await makeDeviceBench().show(mintDevice(), accessToken({ sub: '00u2' }))), contradictory);
  });
  test('with the token of an agent that acts for somebody else', async () => {
    const access = accessToken({ sub: '00u2', act: { sub: 'agent-7' } });
    assert.match(String(await makeDeviceBench().show(mintDevice(), access)), contradictory);
  });
  for (const sub of ['00U1', '00u1 ', 'okta:00u1', '00u', '00u11', '0\u043eu1']) {
    test(`whose subject only looks like the caller’s: ${JSON.stringify(sub)}`, async () => {
      assert.match(await deviceVerdict(mintDevice({ sub })), contradictory);
    });
  }
  for (const id of [['00u1'], { id: '00u1' }, null, true, undefined]) {
    test(`whose owner is ${JSON.stringify(id) ?? 'absent'}`, async () => {
      assert.match(await deviceVerdict(mintDevice({ owner: id }), { principal: { claim: 'owner', issuer: 'okta' } }), contradictory);
    });
  }
  test('of a subject that another issuer calls the same', async () => {
    assert.match(await deviceVerdict(mintDevice(), { principal: { claim: 'sub', issuer: 'mdm' } }), contradictory);
  });
  test('alone: a device is nobody', async () => {
    assert.match(String(await makeDeviceBench().ask([header, mintDevice()])), /^credential\.missing/);
  });
  test('after its time, where it was accepted before', async () => {
    const { show, clock } = makeDeviceBench();
    const token = mintDevice();
    const access = accessToken();
    assert.equal(typeof (await show(token, access)), 'object');
    clock.advance(290_000 + 31_000);
    assert.match(String(await show(token, access)), expired);
  });
  test('that is revoked by its id', async () => {
    const { show } = makeDeviceBench({}, new Set(['token device-token-1']));
    assert.match(String(await show(mintDevice())), /^credential\.revoked/);
  });
  test('of a device that is revoked', async () => {
    const { show } = makeDeviceBench({}, new Set(['device C02XK1']));
    assert.match(String(await show(mintDevice())), /^credential\.revoked/);
  });
});

suite('a device token out of time', () => {
  for (const [name, more, expected] of [
    ['expired', { iat: nowSeconds - 400, exp: nowSeconds - 60 }, expired],
    ['without exp', { exp: undefined }, invalid],
    ['without iat, in the last minutes of a long life', { iat: undefined }, invalid],
    ['that lives for a day', { exp: nowSeconds + 86_400 }, invalid],
    ['that lives for years', { exp: nowSeconds + 315_360_000 }, invalid],
    ['made in the future', { iat: nowSeconds + 3600, exp: nowSeconds + 3900 }, invalid],
    ['not yet valid', { nbf: nowSeconds + 120 }, invalid],
    ['with times that are texts', { exp: String(nowSeconds + 290) }, invalid],
  ] as const) {
    test(name, async () => assert.match(await deviceVerdict(mintDevice(more)), expected));
  }
});

suite('a device token for somebody else', () => {
  for (const aud of [
    'other',
    'regate',
    '',
    'regate-device ',
    ['regate-device', 'regate'],
    ['regate-device', 'other'],
    [],
    null,
    undefined,
  ]) {
    test(`audience ${JSON.stringify(aud) ?? 'absent'}`, async () => assert.match(await deviceVerdict(mintDevice({ aud })), invalid));
  }
  for (const iss of ['https://issuer.example', 'https://mdm.example/', 'mdm', undefined]) {
    test(`issuer ${JSON.stringify(iss) ?? 'absent'}`, async () => assert.match(await deviceVerdict(mintDevice({ iss })), invalid));
  }
});

suite('a device token that nobody signed', () => {
  const unsigned = (head: object) => `${encode(head)}.${encode(deviceClaims)}.`;
  test('alg none', async () => assert.match(await deviceVerdict(unsigned({ ...deviceHeader, alg: 'none' })), invalid));
  test('alg NONE with a signature', async () =>
    assert.match(await deviceVerdict(mintDevice({}, { ...deviceHeader, alg: 'NONE' })), invalid));
  test('no signature', async () => assert.match(await deviceVerdict(unsigned(deviceHeader)), invalid));
  test('an algorithm that is not on its list', async () => {
    assert.match(await deviceVerdict(mintDevice({}, { ...deviceHeader, alg: 'PS256' })), invalid);
  });
  test('the issuer of access tokens signed it', async () => {
    assert.match(await deviceVerdict(mint(deviceClaims, deviceHeader, rsa.privateKey)), invalid);
  });
  test('the key comes along in its header', async () => {
    const own = mint(deviceClaims, { ...deviceHeader, kid: 'mine', jwk: jwk(rsa.publicKey) }, rsa.privateKey);
    assert.match(await deviceVerdict(own), invalid);
  });
  test('other claims below the signature', async () => {
    const [head, , signature] = mintDevice().split('.');
    assert.match(await deviceVerdict(`${head}.${encode({ ...deviceClaims, sub: '00u1', x: 1 })}.${signature}`), invalid);
  });
  test('a claim twice', async () => {
    const twice = JSON.stringify(deviceClaims).replace('"sub":"00u1"', '"sub":"00u2","sub":"00u1"');
    assert.match(await deviceVerdict(mint(twice, deviceHeader, otherRsa.privateKey)), invalid);
  });
});

suite('one token in the place of the other', () => {
  test('an access token as device token', async () => assert.match(await deviceVerdict(accessToken()), invalid));
  test('the same access token in both places', async () => {
    const access = accessToken({ device: { id: 'C02XK1', managed: true } });
    assert.match(String(await makeDeviceBench().show(access, access)), invalid);
  });
  test('an access token of the issuer of device tokens', async () => {
    assert.match(await deviceVerdict(mintDevice({}, { ...deviceHeader, typ: 'at+jwt' })), invalid);
  });
  test('an ID token as device token', async () => assert.match(await deviceVerdict(mintDevice({ nonce: 'n' })), invalid));
  test('a token without typ', async () => assert.match(await deviceVerdict(mintDevice({}, { ...deviceHeader, typ: undefined })), invalid));
  test('a device token as access token', async () => {
    assert.match(String(await makeDeviceBench().ask(['authorization', `Bearer ${mintDevice()}`])), /^credential\.invalid/);
  });
  test('a device token as API key, beside itself', async () => {
    const token = mintDevice();
    assert.match(String(await makeDeviceBench().ask(['x-api-key', token, header, token])), /^credential\.invalid/);
  });
  test('a device token of the issuer of access tokens, as access token', async () => {
    const issuer = { ...claims, aud: 'regate-device' };
    assert.match(String(await makeDeviceBench().ask(['authorization', `Bearer ${mint(issuer, rsaHeader)}`])), /^credential\.invalid/);
  });
});

suite('what is bound to a certificate', () => {
  const bound = mintDevice({ cnf: { 'x5t#S256': 'thumbprint-1' } });
  for (const boundTo of ['principal', 'certificate'] as const) {
    test(`comes without it (${boundTo})`, async () => {
      assert.match(await deviceVerdict(bound, { boundTo }), /^credential\.certificate-missing/);
    });
    test(`comes with another one (${boundTo})`, async () => {
      const result = await makeDeviceBench({ boundTo }).show(bound, accessToken(), ofDevice('C02XK1', 'thumbprint-2'));
      assert.match(String(result), /^credential\.certificate-mismatch/);
    });
  }
  test('is not, where it must be', async () => {
    const result = await makeDeviceBench({ boundTo: 'certificate' }).show(mintDevice(), accessToken(), ofDevice('C02XK1'));
    assert.match(String(result), invalid);
  });
  for (const cnf of [{ jkt: 'key' }, { 'x5t#S256': 'thumbprint-1', jkt: 'key' }, { jwk: {} }, {}, null, 'thumbprint-1']) {
    test(`cnf ${JSON.stringify(cnf)}`, async () => {
      const result = await makeDeviceBench({ boundTo: 'certificate' }).show(mintDevice({ cnf }), accessToken(), ofDevice('C02XK1'));
      assert.match(String(result), invalid);
    });
  }
});

suite('two devices at once', () => {
  test('another one in the access token', async () => {
    const access = accessToken({ device: { id: 'macbook-home', managed: false } });
    assert.match(String(await makeDeviceBench().show(mintDevice(), access)), contradictory);
  });
  test('the same one, which the access token calls unmanaged', async () => {
    const access = accessToken({ device: { id: 'C02XK1', managed: false } });
    assert.match(String(await makeDeviceBench().show(mintDevice(), access)), contradictory);
  });
  test('another one by certificate', async () => {
    assert.match(String(await makeDeviceBench().show(mintDevice(), accessToken(), ofDevice('OTHER'))), contradictory);
  });
  test('the same one, managed by its certificate and not by the token', async () => {
    const token = mintDevice({ device: { id: 'C02XK1', managed: false } });
    assert.match(String(await makeDeviceBench().show(token, accessToken(), ofDevice('C02XK1'))), contradictory);
  });
});

suite('the header of device tokens', () => {
  const access = ['authorization', `Bearer ${accessToken()}`];
  for (const value of ['', ' ', 'true', 'Bearer', 'a.b', 'a.b.c', 'a.b.c.d.e', '{"device":{"managed":true}}']) {
    test(`holds ${JSON.stringify(value)}`, async () => {
      assert.match(String(await makeDeviceBench().ask([...access, header, value])), invalid);
    });
  }
  test('holds the token with a scheme', async () => assert.match(await deviceVerdict(`Bearer ${mintDevice()}`), invalid));
  test('holds two tokens', async () => assert.match(await deviceVerdict(`${mintDevice()}, ${mintDevice()}`), invalid));
  test('comes twice', async () => {
    const twice = [...access, header, mintDevice(), 'X-Device-Token', mintDevice()];
    assert.equal(await makeDeviceBench().ask(twice), 'request.header-ambiguous');
  });
  test('comes twice, once empty', async () => {
    assert.equal(await makeDeviceBench().ask([...access, header, '', header, mintDevice()]), 'request.header-ambiguous');
  });
  test('names no device', async () => assert.match(await deviceVerdict(mintDevice({ device: undefined })), invalid));
  test('names a device that is no word', async () => {
    assert.match(await deviceVerdict(mintDevice({ device: { id: 'C02 XK1', managed: true } })), invalid);
  });
  test('is the same header in capitals: a bad token there is refused as well', async () => {
    assert.match(String(await makeDeviceBench().ask([...access, 'X-DEVICE-TOKEN', accessToken()])), invalid);
  });
  for (const spelling of ['x_device_token', 'x-device-token-', 'x--device-token', 'x-device-id', 'device-token', 'cookie']) {
    test(`spelt ${spelling} it is another header, and nothing is believed`, async () => {
      const result = await makeDeviceBench().ask([...access, spelling, mintDevice()]);
      assert.ok(typeof result !== 'string');
      assert.deepEqual(result.attested, {});
      assert.ok(result.chain.every((link) => link.kind !== 'token' || link.method !== 'device-token'));
    });
  }
});
