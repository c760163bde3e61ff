import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isLoopback } from '../../gateway/config/loopback.ts';
import { build, changed, least, refused } from './samples.ts';

const outside = (tls: string) => changed('  tls: { mode: development }', `  host: 0.0.0.0\n  tls: ${tls}`);

/** Each unsafe wish, the setting that is named, and the reason that is given. */
const unsafe: readonly [name: string, text: string, path: string, says: RegExp][] = [
  ['plaintext that others can reach', outside('{ mode: plaintext }'), 'listen.tls.mode', /would show every token/],
  [
    'plaintext on every IPv6 address',
    outside('{ mode: plaintext }').replace('0.0.0.0', '"::"'),
    'listen.tls.mode',
    /would show every token/,
  ],
  ['the development certificate for others', outside('{ mode: development }'), 'listen.tls.mode', /for localhost only/],
  [
    'nobody to authenticate',
    changed(least.slice(least.indexOf('  issuers:'), least.indexOf('policy:')), '  issuers: []\n'),
    'identity',
    /nobody could/,
  ],
  ['an alias that virtual keys have', changed('alias: okta', 'alias: keys'), 'identity.issuers.0.alias', /never name the same principal/],
  ['keys over plain http', changed('jwks_url: https:', 'jwks_url: http:'), 'identity.issuers.0.jwks_url', /replaced on the way/],
  ['a backend over plain http', changed('base_url: https:', 'base_url: http:'), 'backends.0.base_url', /credential in clear text/],
  ['a host that only looks like loopback', changed('https://api.example', 'http://127.0.0.1.example'), 'backends.0.base_url', /clear text/],
  ['a backend with credentials in its URL', changed('https://api', 'https://u:p@api'), 'backends.0.base_url', /no user name/],
  ['a backend with a query', changed('/v1/', '/v1?a=b'), 'backends.0.base_url', /no query/],
  ['a credential that is not there', changed('credential: main', 'credential: other'), 'backends.0.credential', /names no entry/],
  ['everybody as a trusted proxy', changed('  tls:', '  trusted_proxies: [0.0.0.0/0]\n  tls:'), 'listen.trusted_proxies.0', /forge/],
  ['everybody on IPv6 as a trusted proxy', changed('  tls:', '  trusted_proxies: ["::/0"]\n  tls:'), 'listen.trusted_proxies.0', /forge/],
  [
    'everybody in two halves',
    changed('  tls:', '  trusted_proxies: [0.0.0.0/1, 128.0.0.0/1]\n  tls:'),
    'listen.trusted_proxies.0',
    /forge/,
  ],
  [
    'half of IPv6 as a trusted proxy',
    changed('  tls:', '  trusted_proxies: [10.0.0.0/8, "fc00::/7", "8000::/1"]\n  tls:'),
    'listen.trusted_proxies.2',
    /forge/,
  ],
  [
    'expired tokens for a day',
    changed('alias: okta', 'alias: okta\n      clock_skew_seconds: 86400'),
    'identity.issuers.0.clock_skew_seconds',
    /expired tokens/,
  ],
  ['context headers that nobody may set', `${least}context: { headers: { country: x-country } }\n`, 'context.headers', /never count/],
  [
    'a credential header as a context header',
    `${least}context: { headers: { device_id: authorization } }\n`,
    'context.headers.device_id',
    /of its own/,
  ],
  [
    'one header for two facts',
    `${least}context: { headers: { device_id: x-a, device_os: x-a } }\n`,
    'context.headers.device_os',
    /its own/,
  ],
  ['doors on the data port', `${least}doors: { port: 8443 }\n`, 'doors.port', /differ/],
  [
    'the signing key beside what it signs',
    `${least}record: { directory: log, checkpoints: { key_file: log/checkpoint.key } }\n`,
    'record.checkpoints.key_file',
    /could sign for it, too/,
  ],
  [
    'a copy of checkpoints beside them',
    `${least}record: { directory: log, checkpoints: { copies: [{ directory: log/copies }] } }\n`,
    'record.checkpoints.copies.0',
    /cut off with the log/,
  ],
  [
    'checkpoints over plain http',
    `${least}record: { checkpoints: { copies: [{ url: "http://audit.example" }] } }\n`,
    'record.checkpoints.copies.0.url',
    /held back or replaced/,
  ],
  [
    'content beside the record',
    `${least}record: { directory: log, content: { directory: log/content, key_file: k, retention_days: 1 } }\n`,
    'record.content.directory',
    /life of its own/,
  ],
  [
    'the key of content beside it',
    `${least}record: { content: { directory: content, key_file: content/k, retention_days: 1 } }\n`,
    'record.content.key_file',
    /copied with it/,
  ],
  [
    'the key of fingerprints beside the log',
    `${least}record: { directory: log, fingerprint_key_file: log/k }\n`,
    'record.fingerprint_key_file',
    /guesses of prompts/,
  ],
  [
    'files that are removed as soon as they end',
    `${least}record: { max_segment_hours: 48, retention: { days: 1 } }\n`,
    'record.retention.days',
    /as soon as they end/,
  ],
];

describe('the gateway refuses to start when it would be unsafe', () => {
  for (const [name, text, path, says] of unsafe) {
    test(name, () => {
      const { problems } = refused(text);
      const found = problems.find((problem) => problem.path === path);
      assert.ok(found !== undefined, JSON.stringify(problems));
      assert.match(found.message, says);
      assert.ok(found.line !== undefined, 'the problem has a line');
    });
  }

  test('two issuers with one name', () => {
    const second =
      '- alias: other\n      issuer: https://id.example\n      jwks_file: k.json\n      audiences: [a]\n      algorithms: [RS256]';
    const { problems } = refused(changed('- alias: okta', `${second}\n    - alias: okta`));
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['identity.issuers.1.issuer'],
    );
  });
});

describe('what is safe, or asked for on purpose, starts', () => {
  const safe: readonly [name: string, text: string][] = [
    ['plaintext on loopback', changed('{ mode: development }', '{ mode: plaintext }')],
    ['plaintext behind a TLS terminator', outside('{ mode: plaintext, force: true }')],
    ['a backend on loopback over http', changed('https://api.example', 'http://127.0.0.1:1234')],
    ['a backend on IPv6 loopback over http', changed('https://api.example', 'http://[::1]:1234')],
    [
      'a backend over http that is allowed to',
      changed('protocol: openai', 'protocol: openai\n    insecure_http: true').replace('https://api', 'http://api'),
    ],
    ['keys from loopback over http', changed('jwks_url: https://id.example', 'jwks_url: http://localhost:9000')],
  ];
  for (const [name, text] of safe) test(name, () => void build(text));
});

test('loopback is what only this machine can reach', () => {
  for (const host of ['localhost', '127.0.0.1', '127.255.0.1', '::1', '[::1]']) assert.ok(isLoopback(host), host);
  for (const host of ['', '0.0.0.0', '::', '127.0.0.1.example', 'localhost.example', '10.0.0.1']) assert.ok(!isLoopback(host), host);
});
