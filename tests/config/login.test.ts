import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { build, least, refused } from './samples.ts';

const login = `login:
  public_url: https://gateway.example/
  sessions:
    store: { kind: redis, url: 'rediss://redis.example:6380', password_file: redis-password }
    secret_file: session-secret
  oidc:
    - { alias: okta, issuer: 'https://id.example', client_id: regate, client_secret_file: okta-secret, groups: groups }
  saml:
    - { alias: adfs, metadata_file: adfs.xml, groups: 'urn:oid:1.2.3', roles: 'http://schemas.example/role' }
`;
const sample = `${least}${login}`;
const other = (from: string, to: string): string => {
  assert.ok(sample.includes(from), `the sample holds ${from}`);
  return sample.replace(from, () => to);
};

test('the section becomes what the rooms read, with defaults', () => {
  const { login: made } = build(sample);
  assert.equal(made?.publicUrl, 'https://gateway.example');
  assert.deepEqual(made?.sessions, {
    store: { kind: 'redis', url: 'rediss://redis.example:6380', prefix: 'regate:', passwordFile: '/etc/regate/redis-password' },
    secretFile: '/etc/regate/session-secret',
    absoluteSeconds: 43_200,
    idleSeconds: 3_600,
  });
  const [okta] = made?.oidc ?? [];
  assert.equal(okta?.clientSecretFile, '/etc/regate/okta-secret');
  assert.equal(okta?.name, 'okta');
  assert.deepEqual(okta?.subject, { kind: 'person', kinds: {}, id: 'sub', groupRoles: {}, groups: 'groups' });
  assert.deepEqual(okta?.algorithms, ['RS256', 'PS256', 'ES256', 'EdDSA']);
  const [adfs] = made?.saml ?? [];
  assert.equal(adfs?.entityId, 'https://gateway.example/auth/saml/adfs/metadata');
  assert.equal(adfs?.identifiedBy, 'name-id');
  assert.equal(adfs?.subject.groups, 'urn:oid:1\\.2\\.3', 'a name with dots is one step');
  assert.equal(adfs?.subject.roles, 'http://schemas.example/role');
});

test('without the section nobody can log in', () => {
  assert.equal(build(least).login, undefined);
});

describe('what would let somebody log in as somebody else is refused', () => {
  const unsafe: readonly [name: string, text: string, path: string, says: RegExp][] = [
    ['a login over plain http', other('https://gateway.example/', 'http://gateway.example'), 'login.public_url', /use https/],
    ['an address with a path', other('https://gateway.example/', 'https://gateway.example/login'), 'login.public_url', /an origin/],
    ['a store that outlives its secret', other('    secret_file: session-secret\n', ''), 'login.sessions.secret_file', /after a restart/],
    [
      'sessions over plain Redis',
      other('rediss://redis.example:6380', 'redis://redis.example:6379'),
      'login.sessions.store.url',
      /use rediss/,
    ],
    ['a password in a URL', other('rediss://redis', 'rediss://user:pass@redis'), 'login.sessions.store.url', /password_file/],
    [
      'an idle limit beyond the absolute one',
      other('    secret_file', '    absolute_seconds: 600\n    idle_seconds: 601\n    secret_file'),
      'login.sessions.idle_seconds',
      /never count/,
    ],
    ['an issuer over plain http', other("issuer: 'https://id.example'", "issuer: 'http://id.example'"), 'login.oidc.0.issuer', /use https/],
    [
      'an issuer with a query',
      other("issuer: 'https://id.example'", "issuer: 'https://id.example?x=1'"),
      'login.oidc.0.issuer',
      /host and path/,
    ],
    ['an e-mail address as the subject', other('groups: groups', 'groups: groups, subject: email'), 'login.oidc.0.subject', /change hands/],
    [
      'a user name as the subject',
      other('groups: groups', 'groups: groups, subject: preferred_username'),
      'login.oidc.0.subject',
      /change hands/,
    ],
    [
      'an address by its schema as the subject',
      other(
        'metadata_file: adfs.xml',
        "metadata_file: adfs.xml, subject_attribute: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress'",
      ),
      'login.saml.0.subject_attribute',
      /change hands/,
    ],
    [
      'an address by its OID as the subject',
      other('metadata_file: adfs.xml', "metadata_file: adfs.xml, subject_attribute: 'urn:oid:0.9.2342.19200300.100.1.3'"),
      'login.saml.0.subject_attribute',
      /change hands/,
    ],
    ['two providers of one alias', other('alias: adfs', 'alias: okta'), 'login.saml.0.alias', /taken/],
    ['the alias of keys', other('alias: adfs', 'alias: keys'), 'login.saml.0.alias', /taken/],
    ['no openid', other('groups: groups', 'groups: groups, scopes: [profile]'), 'login.oidc.0.scopes', /ID token/],
    [
      'a secret of nobody',
      other('client_secret_file: okta-secret', 'client_authentication: client_secret_post'),
      'login.oidc.0.client_authentication',
      /client_secret_file/,
    ],
    [
      'clocks that differ by an hour',
      other('groups: groups', 'groups: groups, clock_skew_seconds: 3600'),
      'login.oidc.0.clock_skew_seconds',
      /at most 300/,
    ],
    ['a symmetric algorithm', other('groups: groups', 'groups: groups, algorithms: [HS256]'), 'login.oidc.0.algorithms.0', /./],
    [
      'a signing key without its certificate',
      other('metadata_file: adfs.xml', 'metadata_file: adfs.xml, signing_key_file: k'),
      'login.saml.0',
      /both/,
    ],
    ['nobody to log in with', `${least}login: { public_url: 'https://gateway.example' }\n`, 'login', /nobody/],
    [
      "another issuer's alias",
      other("issuer: 'https://id.example', client_id", "issuer: 'https://other.example', client_id"),
      'login.oidc.0.alias',
      /same principal/,
    ],
  ];
  for (const [name, text, path, says] of unsafe) {
    test(name, () => {
      const { problems } = refused(text);
      const found = problems.find((problem) => problem.path === path);
      assert.match(found?.message ?? `nothing at ${path}: ${JSON.stringify(problems)}`, says);
    });
  }
});

test('the same issuer under the same alias is the same people', () => {
  assert.equal(build(sample).login?.oidc[0]?.alias, 'okta');
});
