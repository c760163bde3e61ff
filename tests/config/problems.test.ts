import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { build, changed, least, lineOf, refused } from './samples.ts';

/** What is changed → where it is told, and how. `at` is the piece of text whose line is named. */
const cases: readonly { name: string; text: string; at?: string; path: string; says: RegExp }[] = [
  { name: 'an unknown key at the top', text: `${least}polcy: {}\n`, at: 'polcy', path: 'polcy', says: /unknown setting/ },
  {
    name: 'an unknown key deep down',
    text: changed('audiences:', 'audience: [x]\n      audiences:'),
    at: 'audience:',
    path: 'identity.issuers.0.audience',
    says: /unknown setting/,
  },
  {
    name: 'a missing setting, at the nearest thing that is there',
    text: changed('  bundle: bundle.tar.gz', '  poll_seconds: 2'),
    at: 'policy:',
    path: 'policy.bundle',
    says: /set exactly one of bundle and bundles/,
  },
  { name: 'an empty setting', text: `${least}labels:\n`, at: 'labels', path: 'labels', says: /is empty/ },
  {
    name: 'a TLS mode that does not exist',
    text: changed('mode: development', 'mode: insecure'),
    at: 'mode: insecure',
    path: 'listen.tls.mode',
    says: /expected one of files, development, plaintext/,
  },
  {
    name: 'a setting of another TLS mode',
    text: changed('mode: development', 'mode: development, force: true'),
    at: 'force',
    path: 'listen.tls.force',
    says: /does not go with the others/,
  },
  {
    name: 'a credential with a misspelt source',
    text: changed('environment: OPENAI', 'enviroment: OPENAI'),
    at: 'enviroment',
    path: 'credentials.main.enviroment',
    says: /unknown setting/,
  },
  {
    name: 'a credential with two sources',
    text: changed('{ environment: OPENAI_API_KEY }', '{ environment: A, file: b }'),
    at: '{ environment: A, file',
    path: 'credentials.main.file',
    says: /does not go with the others/,
  },
  {
    name: 'an issuer with neither jwks_url nor jwks_file',
    text: changed('      jwks_url: https://id.example/keys\n', ''),
    at: '- alias: okta',
    path: 'identity.issuers.0',
    says: /exactly one of jwks_url and jwks_file/,
  },
  {
    name: 'an issuer with both',
    text: changed('jwks_url: https://id.example/keys', 'jwks_url: https://id.example/keys\n      jwks_file: keys.json'),
    at: '- alias: okta',
    path: 'identity.issuers.0',
    says: /exactly one of jwks_url and jwks_file/,
  },
  {
    name: 'roots beside a JWKS file, where they would never count',
    text: changed('jwks_url: https://id.example/keys', 'jwks_file: keys.json\n      ca: ca.pem'),
    at: 'ca: ca.pem',
    path: 'identity.issuers.0.ca',
    says: /for jwks_url only/,
  },
  {
    name: 'a symmetric algorithm',
    text: changed('[RS256]', '[HS256]'),
    at: 'algorithms',
    path: 'identity.issuers.0.algorithms.0',
    says: /expected one of/,
  },
  {
    name: 'a backend whose model is not in the catalogue, although ids hold dots',
    text: changed('{ gpt-4.1: gpt-4.1-2025 }', '{ gpt-4.1: a, gpt-4.2: b }'),
    at: 'gpt-4.2',
    path: 'backends.0.models.gpt-4.2',
    says: /no such model/,
  },
  {
    name: 'a model that nobody serves',
    text: changed('models:\n  - id: gpt-4.1', 'models:\n  - { id: lost, operations: [chat] }\n  - id: gpt-4.1'),
    at: 'id: lost',
    path: 'models.0.id',
    says: /no backend serves/,
  },
  {
    name: 'an alias that is another model’s id',
    text: changed('aliases: [default]', 'aliases: [default, gpt-4.1]'),
    at: 'aliases',
    path: 'models.0.aliases.1',
    says: /used twice/,
  },
  {
    name: 'a range that is no CIDR',
    text: changed('  tls:', '  trusted_proxies: [10.0.0.0/33]\n  tls:'),
    at: 'trusted_proxies',
    path: 'listen.trusted_proxies.0',
    says: /expected a CIDR/,
  },
  {
    name: 'an IPv4-mapped range, which no address would match',
    text: changed('  tls:', '  trusted_proxies: ["::ffff:10.0.0.0/104"]\n  tls:'),
    at: 'trusted_proxies',
    path: 'listen.trusted_proxies.0',
    says: /written as IPv4/,
  },
  { name: 'a number out of range', text: `${least}limits: { json_depth: 9999 }\n`, at: 'limits', path: 'limits.json_depth', says: /256/ },
  {
    name: 'a time zone that does not exist',
    text: `${least}context: { zone: Mars/Olympus }\n`,
    at: 'context',
    path: 'context.zone',
    says: /IANA/,
  },
];

describe('a problem has its line, its setting and a sentence', () => {
  for (const { name, text, at, path, says } of cases) {
    test(name, () => {
      const { problems } = refused(text);
      const found = problems.find((problem) => problem.path === path);
      assert.ok(found !== undefined, `no problem at ${path}: ${JSON.stringify(problems)}`);
      assert.match(found.message, says);
      if (at !== undefined) assert.equal(found.line, lineOf(text, at));
    });
  }
});

test('every problem is told at once, as file:line:column', () => {
  const text = `${changed('[RS256]', '[none]')}typo: 1\n`;
  const lines = refused(text).message.split('\n');
  assert.equal(lines.length, 2);
  for (const line of lines) assert.match(line, /^\/etc\/regate\/regate\.yaml:\d+:\d+: [a-z0-9_.]+: .+/);
});

describe('broken YAML', () => {
  const broken: readonly [name: string, text: string, at: string, says: RegExp][] = [
    ['a key set twice', `${least}version: 1\n`, 'version: 1\n', /set twice/],
    ['a key set twice in a flow map', changed('{ mode: development }', '{ mode: development, mode: plaintext }'), '  tls:', /set twice/],
    ['a number and a text as the same key', `${least}labels: { a1: x }\ndoors: { 1: a, "1": b }\n`, 'doors:', /set twice/],
    ['tabs', `${least}log:\n\tlevel: info\n`, '\tlevel', /tabs/],
    ['a tag', `${least}labels: !!js/function {}\n`, 'labels', /tags/],
    ['a key that is a list', `${least}labels: { [a]: b }\n`, 'labels', /must be text/],
    ['an alias without an anchor', `${least}labels: *none\n`, 'labels', /no anchor/],
    ['__proto__ as a key', `${least}labels: { __proto__: x }\n`, 'labels', /cannot be a key/],
  ];
  for (const [name, text, at, says] of broken) {
    test(name, () => {
      const { problems } = refused(text);
      const found = problems.find(({ message }) => says.test(message));
      assert.ok(found !== undefined, JSON.stringify(problems));
      const line = name === 'a key set twice' ? text.split('\n').length - 1 : lineOf(text, at);
      assert.equal(found.line, line);
    });
  }

  test('a second document', () => assert.match(refused(`${least}---\n${least}`).message, /one YAML document/));
  test('no document', () => assert.match(refused('').message, /is empty/));
});

test('an alias bomb is refused before it is unfolded', () => {
  const levels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  const bomb = levels.map((name, index) => {
    const below = index === 0 ? 'x' : `*${levels[index - 1]}`;
    return `  ${name}: &${name} [${Array.from({ length: 10 }, () => below).join(', ')}]`;
  });
  assert.match(refused(`${least}labels:\n${bomb.join('\n')}\n`).message, /too many values/);
});

test('an alias that holds itself is refused', () => {
  assert.ok(refused(`${least}labels: &a { b: *a }\n`).problems.length > 0);
});

test('an anchor may be used as people use it', () => {
  const text = `${changed('operations: [chat]', 'operations: &some [chat]')}`.replace('aliases: [default]', 'aliases: [default]');
  const twice = text
    .replace('{ gpt-4.1: gpt-4.1-2025 }', '{ gpt-4.1: a, other: b }')
    .replace('credentials:', '  - { id: other, operations: *some }\ncredentials:');
  assert.deepEqual(build(twice).catalogue.models.get('other')?.operations, ['chat']);
});
