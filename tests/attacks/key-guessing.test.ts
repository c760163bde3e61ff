import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeKeyBench } from '../pipeline/authenticate/key-bench.ts';

suite('key guessing: a virtual key holds whole or not at all', () => {
  const bench = makeKeyBench();
  const key = bench.issue({});
  const other = bench.issue({});
  test('the key itself', () => assert.equal(bench.verdict(key), 'accepted'));
  test('a typo is told from a wrong key without asking anybody', () => {
    const typo = key.slice(0, 20) + (key[20] === 'A' ? 'B' : 'A') + key.slice(21);
    assert.equal(bench.verdict(typo), 'credential.malformed');
  });
  test('the id of one key with the secret of another', () => {
    assert.equal(bench.verdict(key.slice(0, 14) + other.slice(14)), 'credential.malformed');
    assert.equal(bench.verdict(bench.withChecksum(key.slice(0, 14) + other.slice(14, -6))), 'credential.invalid');
  });
  test('an unknown id', () => assert.equal(bench.verdict(bench.unknown()), 'credential.invalid'));
  test('a key of another pepper', () => assert.equal(makeKeyBench('other pepper').verdict(key), 'credential.invalid'));
  test('a stolen hash is no key', () => {
    const stolen = bench.hashOf(key);
    assert.equal(bench.verdict(`rg_${key.slice(3, 13)}_${stolen}`), 'credential.malformed');
    assert.equal(bench.verdict(bench.withChecksum(`rg_${key.slice(3, 13)}_${stolen.slice(0, 32)}`)), 'credential.invalid');
  });
  for (const text of [
    'rg_',
    'rg__',
    `${key} `,
    ` ${key}`.trimStart().toUpperCase().replace('RG_', 'rg_'),
    `${key}x`,
    key.slice(0, -1),
    'rg_../../keys_x',
    `rg_${'a'.repeat(9000)}`,
  ]) {
    test(`malformed: ${text.slice(0, 24)}`, () => assert.equal(bench.verdict(text), 'credential.malformed'));
  }
});
