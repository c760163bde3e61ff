import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { build, least, refused } from './samples.ts';

const own = 'issuer: { alias: mdm, issuer: https://mdm.example, jwks_url: https://mdm.example/keys, algorithms: [ES256] }';
const section = (more: string) => `${least}context:\n  device_token: { ${more} }\n`;
const usual = 'header: x-device-token, audience: regate-device, device: { id: device.id }';

suite('context.device_token', () => {
  test('of one of the issuers of access tokens: its keys and algorithms, an audience and a life of its own', () => {
    const { deviceToken } = build(section(`${usual}, issuer: okta`)).context;
    assert.deepEqual(deviceToken, {
      header: 'x-device-token',
      issuer: {
        alias: 'okta',
        issuer: 'https://id.example',
        jwks: { url: 'https://id.example/keys' },
        algorithms: ['RS256'],
        audiences: ['regate-device'],
        types: ['device+jwt', 'JWT'],
        clockSkewSeconds: 30,
        maxLifetimeSeconds: 600,
        subject: { kind: 'person', kinds: {}, id: 'sub', groupRoles: {} },
        maxActors: 1,
        claims: [],
      },
      boundTo: 'principal',
      principal: { claim: 'sub', issuer: 'okta' },
      device: { id: 'device.id' },
    });
  });

  test('of an issuer of its own, whose claim names people of another one', () => {
    const { deviceToken } = build(section(`${usual}, ${own}, principal: { claim: owner, issuer: okta }`)).context;
    assert.equal(deviceToken?.issuer.alias, 'mdm');
    assert.deepEqual(deviceToken.principal, { claim: 'owner', issuer: 'okta' });
  });

  const named = 'principal: { issuer: okta }';
  for (const [name, more, path, says] of [
    ['an issuer that is not there', `${usual}, issuer: other`, 'issuer', /names no entry/],
    ['the audience of access tokens', 'header: x-d, audience: regate, device: { id: d }, issuer: okta', 'audience', /pass for the other/],
    ['the type of access tokens', `${usual}, issuer: okta, types: [application/at+jwt]`, 'types', /type of access tokens/],
    ['an alias that is taken', `${usual}, ${own.replace('mdm', 'okta')}, ${named}`, 'issuer.alias', /alias is taken/],
    [
      'an iss that is known by another alias',
      `${usual}, ${own.replace('https://mdm.example,', 'https://id.example,')}, ${named}`,
      'issuer',
      /by its alias/,
    ],
    ['ids that nobody has', `${usual}, ${own}`, 'principal.issuer', /nobody has ids/],
    ['certificates that nobody can show', `${usual}, issuer: okta, bound_to: certificate`, 'bound_to', /no caller can present/],
    ...(['authorization', 'x-api-key', 'cookie', 'dpop', 'api-key', 'content-type', 'forwarded'] as const).map(
      (header) => [`the header ${header}`, `${usual.replace('x-device-token', header)}, issuer: okta`, 'header', /of its own/] as const,
    ),
  ] as const) {
    test(`refused: ${name}`, () => {
      const { problems } = refused(section(more));
      const found = problems.find((problem) => problem.path === `context.device_token.${path}`);
      assert.ok(found !== undefined, JSON.stringify(problems));
      assert.match(found.message, says);
    });
  }

  test('refused: a header that a proxy’s word about the device comes in', () => {
    const { problems } = refused(
      section(`${usual}, issuer: okta`).replace('context:\n', 'context:\n  headers: { device_id: x-device-token }\n'),
    );
    assert.ok(problems.some(({ path, message }) => path === 'context.device_token.header' && /its own/.test(message)));
  });
});
