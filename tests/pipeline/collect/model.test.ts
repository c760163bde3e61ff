import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeResolveModel } from '../../../gateway/pipeline/collect/model.ts';
import { accepted, bodyOf, catalogue, type Head } from './given.ts';

const resolve = makeResolveModel({ catalogue });
const ask = (body: unknown, head: Head = {}) => resolve(accepted(head), bodyOf(body));

suite('a model that is known', () => {
  test('an alias is expanded, and every backend that speaks the dialect is a candidate', () => {
    assert.deepEqual(ask({ model: 'fast' }), {
      requested: 'fast',
      resolved: 'small',
      candidates: [
        { model: 'small', backend: 'openai-1' },
        { model: 'small', backend: 'openai-2' },
      ],
    });
    assert.deepEqual(ask({ model: 'small' }, { protocol: 'anthropic' }), {
      requested: 'small',
      resolved: 'small',
      candidates: [{ model: 'small', backend: 'anthropic-1' }],
    });
  });
});

suite('a model that is not', () => {
  const rows: readonly [string, unknown, string, Head?][] = [
    ['missing', {}, 'model.missing'],
    ['null', { model: null }, 'model.missing'],
    ['missing from a Responses request', { input: 'x' }, 'model.missing', { operation: 'responses' }],
    ['empty', { model: '' }, 'model.invalid'],
    ['a number', { model: 4 }, 'model.invalid'],
    ['a list', { model: ['small'] }, 'model.invalid'],
    ['257 characters', { model: 'm'.repeat(257) }, 'model.invalid'],
    ['unknown', { model: 'gpt-9' }, 'model.unknown'],
    ['a property that every object has', { model: 'constructor' }, 'model.unknown'],
    ['__proto__', { model: '__proto__' }, 'model.unknown'],
    ['of another operation', { model: 'vectors' }, 'model.unknown'],
    ['served only in the other dialect', { model: 'claude' }, 'model.unknown'],
  ];
  for (const [name, body, code, head] of rows) test(`${name}: ${code}`, () => assert.equal(ask(body, head), code));
});
