import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfiguration } from '../../gateway/config/load.ts';
import { ConfigurationError } from '../../gateway/config/problem.ts';
import { build, changed, least } from './samples.ts';

test('the least configuration is completed with defaults', () => {
  const configuration = build(least);
  assert.deepEqual(configuration.listen, {
    host: '127.0.0.1',
    port: 8443,
    tls: { mode: 'development', directory: '/etc/regate/.regate/dev' },
    trustedProxies: [],
    drainSeconds: 30,
  });
  assert.deepEqual(configuration.doors, { host: '127.0.0.1', port: 9443 });
  assert.equal(configuration.limits.bodyBytes, 32 * 1024 * 1024);
  assert.equal(configuration.limits.maxAttempts, 3);
  assert.deepEqual(configuration.identity.issuers[0]?.types, ['at+jwt', 'JWT', 'none']);
  assert.equal(configuration.identity.issuers[0]?.actor, undefined);
});

test('the catalogue is keyed by ids and knows every name', () => {
  const { catalogue } = build(least);
  assert.deepEqual(
    [...catalogue.names],
    [
      ['gpt-4.1', 'gpt-4.1'],
      ['default', 'gpt-4.1'],
    ],
  );
  assert.deepEqual(catalogue.servedBy.get('gpt-4.1'), ['openai']);
  const backend = catalogue.backends.get('openai');
  assert.equal(backend?.baseUrl, 'https://api.example/v1');
  assert.equal(backend?.auth, 'bearer');
  assert.deepEqual(backend?.serves, [{ model: 'gpt-4.1', upstream: 'gpt-4.1-2025' }]);
});

test('a backend of Anthropic takes its key in x-api-key unless said otherwise', () => {
  const text = changed('protocol: openai', 'protocol: anthropic');
  assert.equal(build(text).catalogue.backends.get('openai')?.auth, 'x-api-key');
  assert.equal(
    build(text.replace('protocol: anthropic', 'protocol: anthropic\n    auth: bearer')).catalogue.backends.get('openai')?.auth,
    'bearer',
  );
});

test('the digest changes with the catalogue and with nothing else', () => {
  const { digest } = build(least).catalogue;
  assert.match(digest, /^[0-9a-f]{64}$/);
  assert.equal(build(`${least}labels: { cell: a }\n`).catalogue.digest, digest);
  assert.notEqual(build(changed('gpt-4.1-2025', 'gpt-4.1-2026')).catalogue.digest, digest);
});

test('relative paths start at the folder of the file, absolute ones stay', () => {
  const text = `${changed('bundle: bundle.tar.gz', 'bundle: ../policy/bundle.tar.gz')}record: { directory: /var/decisions }\n`;
  const configuration = build(text);
  assert.deepEqual(configuration.policy.bundles, [
    { name: 'policy', source: { kind: 'file', path: '/etc/policy/bundle.tar.gz' }, poll: { minSeconds: 2, maxSeconds: 2 } },
  ]);
  assert.equal(configuration.record.directory, '/var/decisions');
  const keyed = build(changed('jwks_url: https://id.example/keys', 'jwks_file: keys/jwks.json'));
  assert.deepEqual(keyed.identity.issuers[0]?.jwks, { file: '/etc/regate/keys/jwks.json' });
  const file = build(changed('{ environment: OPENAI_API_KEY }', '{ file: secrets/openai }'));
  assert.deepEqual(file.credentials.get('main'), { source: 'file', path: '/etc/regate/secrets/openai' });
});

test('the port of the command line goes before that of the file', () => {
  const path = join(import.meta.dirname, '../../examples/regate.yaml');
  const configuration = loadConfiguration(path, { environment: { SELFHOSTED_MODEL: 'llama' }, port: 8444 });
  assert.equal(configuration.listen.port, 8444);
});

test('what is loaded is frozen, down to the entries of maps', () => {
  const configuration = build(least);
  for (const part of [
    configuration.listen,
    configuration.identity.issuers[0]?.subject.groupRoles,
    configuration.catalogue.models.get('gpt-4.1'),
  ]) {
    assert.ok(part !== undefined && Object.isFrozen(part));
  }
});

test('a missing file is told with its path and what to do', () => {
  assert.throws(
    () => loadConfiguration('/nonexistent/regate.yaml', { environment: {} }),
    (error) => error instanceof ConfigurationError && /^\/nonexistent\/regate\.yaml: .*ENOENT.*--config/.test(error.message),
  );
});

test('the annotated example is a whole and valid configuration', () => {
  const path = join(import.meta.dirname, '../../examples/regate.yaml');
  const configuration = loadConfiguration(path, { environment: { SELFHOSTED_MODEL: 'llama' } });
  assert.deepEqual(
    configuration.identity.issuers.map(({ alias }) => alias),
    ['okta', 'entra', 'k8s'],
  );
  assert.deepEqual([...configuration.catalogue.backends.keys()], ['openai', 'anthropic', 'selfhosted']);
  assert.equal(configuration.catalogue.backends.get('selfhosted')?.serves[0]?.upstream, 'llama');
  assert.equal(configuration.context.networks.length, 3);
});
