import assert from 'node:assert/strict';
import { test } from 'node:test';
import { build, least, refused } from './samples.ts';

const withSinks = (...sinks: readonly string[]): string => `${least}record:\n  sinks:\n${sinks.map((sink) => `    - ${sink}\n`).join('')}`;

test('without sinks there are none', () => {
  assert.deepEqual(build(least).record.sinks, []);
});

test('a webhook and a receiver of OPA logs', () => {
  const [webhook, opa] = build(
    withSinks(
      '{ name: siem, type: webhook, url: "https://siem.example/in", token: { file: siem.token }, ca: roots.pem, gzip: true, max_lag_mib: 2 }',
      '{ name: das, type: opa, url: "https://das.example/v1", token: { environment: DAS_TOKEN }, max_upload_kib: 32 }',
    ),
  ).record.sinks;
  assert.deepEqual(webhook, {
    ...{ name: 'siem', type: 'webhook', url: 'https://siem.example/in', ca: '/etc/regate/roots.pem', gzip: true, format: 'regate' },
    token: { source: 'file', path: '/etc/regate/siem.token' },
    ...{ maxLagBytes: 2 * 1024 * 1024, batchLines: 500, batchBytes: 1024 * 1024, timeoutMs: 10_000 },
  });
  assert.deepEqual(opa, {
    ...{ name: 'das', type: 'opa', url: 'https://das.example/v1', token: { source: 'environment', name: 'DAS_TOKEN' } },
    ...{ maxUploadBytes: 32 * 1024, maxLagBytes: 1024 ** 3, batchLines: 500, batchBytes: 1024 * 1024, timeoutMs: 10_000 },
  });
});

const unsafe: readonly [name: string, sinks: readonly string[], path: string, says: RegExp][] = [
  ['the record over plain http', ['{ name: a, type: webhook, url: "http://siem.example/" }'], 'record.sinks.0.url', /use https/],
  ['a password in a URL', ['{ name: a, type: opa, url: "https://u:p@das.example/" }'], 'record.sinks.0.url', /no user name/],
  [
    'two sinks of one name',
    ['{ name: a, type: opa, url: "https://a.example/" }', '{ name: a, type: opa, url: "https://b.example/" }'],
    'record.sinks.1.name',
    /skip what the other/,
  ],
  ['a name that leads out of the directory', ['{ name: ../a, type: opa, url: "https://a.example/" }'], 'record.sinks.0.name', /lower-case/],
  ['a misspelt key', ['{ name: a, type: opa, url: "https://a.example/", gzip: true }'], 'record.sinks.0', /gzip/],
];

for (const [name, sinks, path, says] of unsafe) {
  test(`${name} is refused`, () => {
    const { problems, message } = refused(withSinks(...sinks));
    assert.ok(
      problems.some((problem) => problem.path.startsWith(path)),
      message,
    );
    assert.match(message, says);
  });
}
