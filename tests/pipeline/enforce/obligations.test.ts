import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { makeStepUp } from '../../../gateway/pipeline/enforce/obligations/step-up.ts';
import { mechanisms } from '../../../gateway/pipeline/enforce/obligations.ts';
import type { Obligation } from '../../../gateway/vocabulary/decision.ts';
import { type Case, permit, refused, sent } from './given.ts';

const root = new URL('../../../', import.meta.url);

test('the folder, the registry and the reference name the same obligations', () => {
  const files = readdirSync(new URL('gateway/pipeline/enforce/obligations/', root)).map((file) => file.replace('.ts', ''));
  const documented = [...readFileSync(new URL('docs/reference/obligations.md', root), 'utf8').matchAll(/^## `([a-z-]+)/gm)].map(
    (match) => match[1],
  );
  const registered = [...mechanisms, makeStepUp({})].map(({ type }) => type).sort();
  assert.deepEqual(files.sort(), registered);
  assert.deepEqual(documented.sort(), registered);
});

suite('malformed parameters are an unknown obligation', () => {
  const rows: readonly Obligation[] = [
    { type: 'cap-tokens' },
    { type: 'cap-tokens', max: '10' },
    { type: 'cap-tokens', max: 0 },
    { type: 'cap-tokens', max: 1.5 },
    { type: 'cap-tokens', max: 10, min: 1 },
    { type: 'pin-parameters' },
    { type: 'pin-parameters', set: [] },
    { type: 'pin-parameters', set: { n: 1 }, names: [] },
    { type: 'pin-parameters', set: { '': 1 } },
    { type: 'drop-parameters' },
    { type: 'drop-parameters', names: 'n' },
    { type: 'drop-parameters', names: [''] },
    { type: 'drop-parameters', names: [1] },
    { type: 'strip-tools' },
    { type: 'strip-tools', names: 'x' },
    { type: 'strip-tools', types: [''] },
    { type: 'strip-tools', types: ['mcp'], kinds: [] },
    { type: 'timeout' },
    { type: 'timeout', seconds: 0 },
    { type: 'timeout', seconds: -1 },
    { type: 'timeout', seconds: 86_401 },
    { type: 'timeout', seconds: '1' },
    { type: 'headers' },
    { type: 'headers', set: { 'x-a': 1 } },
    { type: 'headers', set: { 'x a': '1' } },
    { type: 'headers', set: { 'x-a': 'line\r\nx-b: 1' } },
    { type: 'headers', set: { 'x-a': 'é' } },
    { type: 'headers', set: { 'x-a': '' } },
  ];
  for (const obligation of rows) {
    test(JSON.stringify(obligation), () => assert.equal(refused({ obligations: [obligation] }), 'policy.unknown-obligation'));
  }
});

suite('cap-tokens', () => {
  const rows: readonly [string, Case, number, string][] = [
    ['a higher cap is lowered', { body: '{"model":"small","max_tokens":50}' }, 10, '{"model":"small","max_tokens":10}'],
    ['a lower one stays', { body: '{"model":"small","max_tokens":5.0}' }, 10, '{"model":"small","max_tokens":5.0}'],
    [
      'both names are capped',
      { body: '{"model":"small","max_tokens":50, "max_completion_tokens":60}' },
      10,
      '{"model":"small","max_tokens":10, "max_completion_tokens":10}',
    ],
    ['none is set', { body: '{"model":"small"}' }, 10, '{"model":"small","max_completion_tokens":10}'],
    ['null is none', { body: '{"model":"small","max_completion_tokens":null}' }, 10, '{"model":"small","max_completion_tokens":10}'],
    ['text completion', { operation: 'completions' }, 10, '{"model":"small","max_tokens":10}'],
    ['responses', { operation: 'responses' }, 10, '{"model":"small","max_output_tokens":10}'],
    ['messages', { protocol: 'anthropic' }, 10, '{"model":"small","max_tokens":10}'],
    [
      'messages that only warm the cache',
      { protocol: 'anthropic', body: '{"model":"small","max_tokens":0}' },
      10,
      '{"model":"small","max_tokens":0}',
    ],
    ['embeddings have no output', { operation: 'embeddings' }, 10, '{"model":"small"}'],
    ['counting has no output', { protocol: 'anthropic', operation: 'count-tokens' }, 10, '{"model":"small"}'],
    [
      'thinking below the cap',
      { protocol: 'anthropic', body: '{"model":"small","max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":1024}}' },
      2000,
      '{"model":"small","max_tokens":2000,"thinking":{"type":"enabled","budget_tokens":1024}}',
    ],
  ];
  for (const [name, given, max, want] of rows) {
    test(name, () => {
      const result = permit({ ...given, obligations: [{ type: 'cap-tokens', max }] });
      assert.equal(Buffer.from(result.body ?? []).toString(), want);
      assert.deepEqual(result.obligations, [{ type: 'cap-tokens', outcome: 'discharged' }]);
    });
  }
  test('of several, the least', () => {
    const caps = [30, 10, 20].map((max) => ({ type: 'cap-tokens', max }));
    assert.equal(sent({ obligations: caps }), '{"model":"small","max_completion_tokens":10}');
  });
  test('a value that may mean "no limit" is not within the cap', () => {
    assert.equal(
      sent({ body: '{"model":"small","max_tokens":-1}', obligations: [{ type: 'cap-tokens', max: 10 }] }),
      '{"model":"small","max_tokens":10}',
    );
  });
  test('thinking that would not fit under the cap blocks it', () => {
    const body = '{"model":"small","max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":2000}}';
    assert.equal(refused({ protocol: 'anthropic', body, obligations: [{ type: 'cap-tokens', max: 2000 }] }), 'policy.obligation-blocked');
  });
  test('a pin above the cap contradicts it, one below does not', () => {
    const pin = (n: number) => ({ type: 'pin-parameters', set: { max_tokens: n } });
    const cap = { type: 'cap-tokens', max: 10 };
    assert.equal(refused({ obligations: [cap, pin(11)] }), 'policy.conflict');
    assert.equal(sent({ obligations: [cap, pin(9)] }), '{"model":"small","max_tokens":9}');
  });
  test('a drop of the member that the cap must set contradicts it', () => {
    const obligations = [
      { type: 'drop-parameters', names: ['max_completion_tokens'] },
      { type: 'cap-tokens', max: 10 },
    ];
    assert.equal(refused({ obligations }), 'policy.conflict');
  });
});

suite('pin-parameters and drop-parameters', () => {
  const pin = (set: object): Obligation => ({ type: 'pin-parameters', set });
  const drop = (...names: string[]): Obligation => ({ type: 'drop-parameters', names });
  const body = '{"model":"small","temperature":1.0,"store":true,"user":"u"}';
  test('a pin replaces and adds', () => {
    assert.equal(
      sent({ body, obligations: [pin({ temperature: 0, store: false }), pin({ seed: 7 })] }),
      '{"model":"small","temperature":0,"store":false,"user":"u","seed":7}',
    );
  });
  test('a pin of the same value leaves the bytes', () => assert.equal(sent({ body, obligations: [pin({ temperature: 1 })] }), body));
  test('pins that agree, in any order of keys', () => {
    const obligations = [pin({ response_format: { type: 'x', a: 1 } }), pin({ response_format: { a: 1, type: 'x' } })];
    assert.equal(sent({ obligations }), '{"model":"small","response_format":{"type":"x","a":1}}');
  });
  test('pins that disagree', () => assert.equal(refused({ obligations: [pin({ n: 1 }), pin({ n: 2 })] }), 'policy.conflict'));
  test('a pin and a drop of one member', () => assert.equal(refused({ obligations: [drop('n'), pin({ n: 1 })] }), 'policy.conflict'));
  test('a drop takes out, and one of an absent member is met', () => {
    assert.equal(sent({ body, obligations: [drop('temperature', 'user', 'nothing'), drop('user')] }), '{"model":"small","store":true}');
  });
  test('state at the provider may be dropped', () => {
    const given = { operation: 'responses' as const, body: '{"model":"small","previous_response_id":"r"}' };
    assert.equal(sent({ ...given, obligations: [drop('previous_response_id')] }), '{"model":"small"}');
  });
});

suite('timeout and headers', () => {
  test('the shortest counts', () => {
    assert.equal(permit({ obligations: [5, 1.5, 9].map((seconds) => ({ type: 'timeout', seconds })) }).timeoutMs, 1500);
  });
  test('fields are set, in lower case', () => {
    const obligations = [
      { type: 'headers', set: { 'X-Team': 'a b', 'anthropic-beta': 'x-2026' } },
      { type: 'headers', set: { 'x-team': 'a b' } },
    ];
    assert.deepEqual(permit({ obligations }).headers, { 'x-team': 'a b', 'anthropic-beta': 'x-2026' });
  });
  test('fields that disagree', () => {
    const obligations = ['1', '2'].map((value) => ({ type: 'headers', set: { 'x-a': value } }));
    assert.equal(refused({ obligations }), 'policy.conflict');
  });
});
