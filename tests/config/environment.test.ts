import assert from 'node:assert/strict';
import { test } from 'node:test';
import { build, changed, least, lineOf, refused } from './samples.ts';

test('a reference is replaced, inside a longer value, too', () => {
  const text = changed('https://api.example/v1/', `https://\${HOST}.example/\${VERSION}`);
  const { catalogue } = build(text, { HOST: 'llm', VERSION: 'v2' });
  assert.equal(catalogue.backends.get('openai')?.baseUrl, 'https://llm.example/v2');
});

test('a variable that is not set is an error with its line, not an empty text', () => {
  const text = changed('issuer: https://id.example', `issuer: \${ISSUER}`);
  const { problems } = refused(text);
  assert.deepEqual(
    problems.map(({ line, message }) => [line, message]),
    [[lineOf(text, `\${ISSUER}`), 'the environment variable ISSUER is not set']],
  );
});

test('an empty variable is set', () => {
  assert.match(
    refused(changed('issuer: https://id.example', `issuer: "\${ISSUER}"`), { ISSUER: '' }).message,
    /issuer: Too small|expected string/,
  );
});

test('names of Object.prototype are no variables', () => {
  assert.match(refused(changed('issuer: https://id.example', `issuer: \${constructor}`)).message, /constructor is not set/);
});

test('what the environment holds is not searched again', () => {
  const { labels } = build(`${least}labels: { a: "\${OUTER}" }\n`, { OUTER: `\${INNER} $& $1`, INNER: 'no' });
  assert.equal(labels['a'], `\${INNER} $& $1`);
});

test('a value from the environment is data, not YAML', () => {
  const { labels } = build(`${least}labels:\n  a: \${EVIL}\n`, { EVIL: 'x\nversion: 2\nb: { c: d }' });
  assert.deepEqual(labels, { a: 'x\nversion: 2\nb: { c: d }' });
});

for (const [name, value] of [
  ['empty', `\${}`],
  ['a default, as shells write it', `\${A:-b}`],
  ['not closed', `a \${A`],
  ['a digit first', `\${1A}`],
] as const) {
  test(`a reference that is none is an error: ${name}`, () => {
    assert.match(refused(`${least}labels: { a: '${value}' }\n`, { A: 'x' }).message, /dollar sign and a name in braces/);
  });
}

test('references in keys are refused, in records with free keys as well', () => {
  const text = changed('algorithms: [RS256]', `algorithms: [RS256]\n      subject: { group_roles: { "\${GROUP}": [admin] } }`);
  assert.match(refused(text, { GROUP: 'x' }).message, /in values, not in keys/);
});
