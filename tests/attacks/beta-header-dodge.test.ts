import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readParameters } from '../../gateway/pipeline/collect/parameters/read-parameters.ts';
import { accepted, bodyOf } from '../pipeline/collect/given.ts';

const read = (headers: Record<string, string | readonly string[]>, protocol: 'openai' | 'anthropic' = 'anthropic') => {
  const found = readParameters(accepted({ protocol, headers }), bodyOf({ messages: [] }));
  return typeof found === 'string' ? found : found.facts.other;
};

suite('a feature that is switched on by header is in the facts', () => {
  test('each of them, once, sorted, however many headers name them', () => {
    const headers = { 'Anthropic-Beta': ['files-api-2025-04-14,context-1m-2025-08-07', ' files-api-2025-04-14 '] };
    assert.deepEqual(read(headers), ['anthropic-beta:context-1m-2025-08-07', 'anthropic-beta:files-api-2025-04-14']);
  });

  for (const [name, value] of [
    ['an empty entry', 'a,,b'],
    ['nothing at all', ''],
    ['a space within', 'context-1m 2025'],
    ['a semicolon', 'a;context-1m-2025-08-07'],
    ['a quoted list', '"a,b"'],
    ['a look-alike letter', 'сontext-1m-2025-08-07'],
    ['a name without end', 'a'.repeat(65)],
  ] as const) {
    test(`what could be read in two ways is refused: ${name}`, () => assert.equal(read({ 'anthropic-beta': value }), 'parameter.invalid'));
  }

  test('the header is nothing to a backend of another dialect, which is not sent it', () => {
    assert.deepEqual(read({ 'anthropic-beta': 'context-1m-2025-08-07' }, 'openai'), []);
  });
});
