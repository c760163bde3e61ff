import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findWarnings } from '../../gateway/cli/config/warnings.ts';
import { build, changed, least, refused } from './samples.ts';

const verification = (text: string) => changed('bundle: bundle.tar.gz', `bundle: bundle.tar.gz\n  verification: ${text}`);
const key = '{ id: a, algorithm: ES256, public_key: a.pem }';

test('bundles need no signature unless the section is there; then nothing else switches it on or off', () => {
  assert.equal(build(least).policy.verification, undefined);
  assert.deepEqual(build(verification(`{ keys: [${key}] }`)).policy.verification, {
    keys: [{ id: 'a', algorithm: 'ES256', path: '/etc/regate/a.pem' }],
    scope: '',
    allowDowngrade: false,
    versionsFile: '/etc/regate/.regate/bundle-versions.json',
  });
});

const wrong: Readonly<Record<string, string>> = {
  'no keys': '{ keys: [] }',
  'a secret for an algorithm of key pairs': '{ keys: [{ id: a, algorithm: ES256, secret_file: a }] }',
  'a public key for an algorithm of secrets': '{ keys: [{ id: a, algorithm: HS256, public_key: a }] }',
  'the algorithm none': '{ keys: [{ id: a, algorithm: none, public_key: a }] }',
  'a key without an algorithm': '{ keys: [{ id: a, public_key: a }] }',
  'a switch that would make it optional': `{ keys: [${key}], require: false }`,
  'two keys of one id': `{ keys: [${key}, { id: a, algorithm: EdDSA, public_key: b.pem }] }`,
};
for (const [what, text] of Object.entries(wrong)) {
  test(`${what}: refused`, () => {
    assert.ok(refused(verification(text)).problems.every(({ path }) => path.startsWith('policy.verification')));
  });
}

test('what weakens it is warned of', () => {
  const configuration = build(verification('{ keys: [{ id: a, algorithm: HS256, secret_file: a }], allow_downgrade: true }'));
  const warnings = findWarnings(configuration, { environment: { OPENAI_API_KEY: 'x' }, exists: (path) => !path.endsWith('/a') });
  assert.deepEqual(
    warnings.filter((text) => text.startsWith('policy.verification')),
    [
      'policy.verification: key a is a secret; whoever reads it here can sign bundles, too',
      'policy.verification: allow_downgrade lets an old bundle, once signed, replace a newer one',
      'policy.verification: key a: there is no file /etc/regate/a here',
    ],
  );
});
