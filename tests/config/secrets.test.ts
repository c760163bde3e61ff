import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { changed, least, refused } from './samples.ts';

const secret = 'sk-live-0123456789abcdef';

/** Places where people put a secret by mistake. Whatever is wrong with the file, its text must not be told. */
const mistakes: readonly [name: string, text: string][] = [
  ['under an unknown key', `${least}api_key: ${secret}\n`],
  ['as the credential of a backend', changed('credential: main', `credential: ${secret}`)],
  ['as the credential of a backend, from the environment', changed('credential: main', `credential: \${KEY}`)],
  ['as the whole credential', changed('{ environment: OPENAI_API_KEY }', secret)],
  ['as the name of a variable', changed('environment: OPENAI_API_KEY', `environment: ${secret}`)],
  ['as the name of a variable, from the environment', changed('environment: OPENAI_API_KEY', `environment: \${KEY}`)],
  ['beside the source of a credential', changed('environment: OPENAI_API_KEY', `environment: A, value: ${secret}`)],
  ['in a URL', changed('https://api.example', `https://user:${secret}@api.example`)],
  ['in the URL of keys', changed('https://id.example/keys', `https://user:${secret}@id.example/keys`)],
  ['in a query', changed('https://api.example/v1/', `https://api.example/v1?key=${secret}`)],
  ['in something that is no URL', changed('https://api.example/v1/', `ftp://${secret}`)],
  ['as the alias of an issuer, used twice', twice(`alias: k-${secret.toLowerCase().slice(0, 20)}`)],
  [
    'as the id of a backend, used twice',
    changed(
      '  - id: openai',
      `  - { id: ${secret}, protocol: openai, base_url: "https://b", credential: main, models: {} }\n  - id: ${secret}`,
    ),
  ],
  ['as the name of a model, used twice', changed('aliases: [default]', `aliases: [${secret}, ${secret}]`)],
  ['as a model that nobody serves', changed('aliases: [default]', `aliases: [default]\n    operations: [chat]\n  - id: ${secret}`)],
  ['as a choice', changed('protocol: openai', `protocol: ${secret}`)],
  ['as a number', changed('version: 1', `version: ${secret}`)],
  ['in a text that does not end', `${least}labels: { a: "${secret} }\n`],
  ['with a bad escape', `${least}labels: { a: "\\q${secret}" }\n`],
  ['where nothing can stand', `${least}"${secret}" "${secret}"\n`],
  ['after a block header', `${least}labels:\n  a: |${secret}\n    x\n`],
  ['as a tag', `${least}labels: !${secret} {}\n`],
  ['as an alias', `${least}labels: *${secret}\n`],
  ['as an unknown directive', `%${secret} x\n---\n${least}`],
  ['as the whole file', secret],
];

function twice(alias: string): string {
  const issuer = `${alias}\n      issuer: https://other.example\n      jwks_url: https://o.example/k\n      audiences: [a]\n      algorithms: [RS256]`;
  return changed('    - alias: okta', `    - ${issuer}\n    - ${alias}`);
}

describe('a secret in the wrong place is not told', () => {
  for (const [name, text] of mistakes) {
    test(name, () => {
      const { message } = refused(text, { KEY: secret });
      assert.ok(!message.includes(secret) && !message.includes(secret.slice(3, 18)), message);
    });
  }
});
