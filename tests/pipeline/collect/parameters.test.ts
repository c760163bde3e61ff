import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readParameters } from '../../../gateway/pipeline/collect/parameters/read-parameters.ts';
import type { ParameterFacts } from '../../../gateway/vocabulary/facts.ts';
import { accepted, bodyOf, type Head } from './given.ts';

const chat: Head = {};
const completions: Head = { operation: 'completions' };
const responses: Head = { operation: 'responses' };
const embeddings: Head = { operation: 'embeddings' };
const messages: Head = { protocol: 'anthropic' };
const count: Head = { protocol: 'anthropic', operation: 'count-tokens' };

function read(body: unknown, head: Head = chat) {
  return readParameters(accepted(head), bodyOf(body));
}
function facts(body: unknown, head: Head = chat): ParameterFacts {
  const read_ = read(body, head);
  assert.ok(typeof read_ !== 'string', String(read_));
  return read_.facts;
}

suite('one fact from what each dialect calls it', () => {
  const rows: readonly [string, unknown, Head, Partial<ParameterFacts>][] = [
    ['max_tokens', { max_tokens: 5 }, chat, { max_tokens: 5 }],
    ['the larger of two caps', { max_tokens: 5, max_completion_tokens: 9 }, chat, { max_tokens: 9 }],
    ['… in either order', { max_completion_tokens: 5, max_tokens: 9 }, chat, { max_tokens: 9 }],
    ['null is absent', { max_tokens: null, max_completion_tokens: 7 }, chat, { max_tokens: 7 }],
    ['1.0 is one', '{"max_tokens":1.0,"n":2.0,"temperature":1.0}', chat, { max_tokens: 1, n: 2, temperature: 1 }],
    ['max_output_tokens', { max_output_tokens: 5 }, responses, { max_tokens: 5 }],
    ['max_tokens, zero to warm the cache', { max_tokens: 0 }, messages, { max_tokens: 0 }],
    ['sampling', { temperature: 0.2, top_p: 0.9, n: 3 }, chat, { temperature: 0.2, top_p: 0.9, n: 3 }],
    ['retention and price', { store: true, service_tier: 'flex' }, chat, { store: true, service_tier: 'flex' }],
    ['background', { background: true, store: false }, responses, { background: true, store: false }],
    ['response_format', { response_format: { type: 'json_schema', json_schema: {} } }, chat, { response_format: 'json_schema' }],
    ['text.format', { text: { format: { type: 'json_object' } } }, responses, { response_format: 'json_object' }],
    ['output_format', { output_format: { type: 'json_schema', schema: {} } }, messages, { response_format: 'json_schema' }],
    ['output_config.format', { output_config: { format: { type: 'json_schema' } } }, messages, { response_format: 'json_schema' }],
    ['messages', { messages: [{}, {}] }, chat, { message_count: 2 }],
    ['messages, counted', { messages: [{}] }, count, { message_count: 1 }],
    ['input text', { input: 'hi' }, responses, { message_count: 1 }],
    ['input items', { input: [{}, {}, {}] }, responses, { message_count: 3 }],
    ['prompt texts', { prompt: ['a', 'b'] }, completions, { message_count: 2 }],
    ['one prompt in tokens', { prompt: [1, 2, 3] }, completions, { message_count: 1 }],
    ['input of several token lists', { input: [[1, 2], [3]] }, embeddings, { message_count: 2 }],
  ];
  for (const [name, body, head, want] of rows) {
    test(name, () => {
      const { other, estimated_input_tokens, ...found } = facts(body, head);
      assert.deepEqual(found, want);
      assert.deepEqual(other, []);
      assert.equal(typeof estimated_input_tokens, 'number');
    });
  }

  test('what is not said is absent', () => assert.deepEqual(facts({}), { other: [], estimated_input_tokens: 0 }));

  test('the input estimate is a quarter of the bytes that the model reads, rounded up', () => {
    const body = { model: 'small', messages: [{ role: 'user', content: 'é'.repeat(100) }], tools: [], metadata: { long: 'x'.repeat(999) } };
    const bytes = Buffer.byteLength(JSON.stringify(body.messages)) + 2;
    assert.equal(facts(body).estimated_input_tokens, Math.ceil(bytes / 4));
  });

  test('names that the gateway does not know, and those that reach state at the provider, are listed', () => {
    assert.deepEqual(facts({ zeta: 1, alpha: null, seed: 4 }).other, ['alpha', 'zeta']);
    assert.deepEqual(facts({ previous_response_id: 'r', conversation: 'c', user: 'u' }, responses).other, [
      'conversation',
      'previous_response_id',
    ]);
    for (const input of [[{ type: 'item_reference', id: 'msg_1' }], ['x', { id: 'msg_1' }], [{ type: null, role: null, id: 'rs_1' }]]) {
      assert.deepEqual(facts({ input, zeta: 1 }, responses).other, ['input.item_reference', 'zeta']);
    }
    assert.deepEqual(
      facts(
        {
          input: [
            { role: 'user', content: 'x' },
            { type: 'reasoning', id: 'rs_1' },
          ],
        },
        responses,
      ).other,
      [],
    );
    assert.deepEqual(facts({ container: 'c', thread: {}, inference_geo: 'us', speed: 'fast', top_k: 3 }, messages).other, [
      'container',
      'inference_geo',
      'speed',
      'thread',
    ]);
    assert.deepEqual(facts({ best_of: 4 }, completions).other, ['best_of']);
  });

  test('stream', () => {
    for (const [body, head, want] of [
      [{ stream: true }, chat, true],
      [{ stream: false }, responses, false],
      [{ stream: null }, messages, false],
      [{}, chat, false],
      [{ stream: true }, embeddings, false],
    ] as const) {
      const found = read(body, head);
      assert.ok(typeof found !== 'string');
      assert.equal(found.stream, want);
    }
  });
});

suite('what is refused', () => {
  const rows: readonly [string, unknown, string, Head?][] = [
    ['a cap in quotes', { max_tokens: '100' }, 'parameter.invalid'],
    ['a negative cap, which servers read as none', { max_tokens: -1 }, 'parameter.invalid'],
    ['a cap of zero where it may mean none', { max_completion_tokens: 0 }, 'parameter.invalid'],
    ['half a token', { max_tokens: 1.5 }, 'json.unsafe-number'],
    ['more than every reader can count', '{"max_tokens":9007199254740993}', 'json.unsafe-number'],
    ['infinity by exponent', '{"temperature":1e400}', 'json.unsafe-number'],
    ['a large whole temperature', '{"temperature":1e300}', 'json.unsafe-number'],
    ['no choices', { n: 0 }, 'parameter.invalid'],
    ['temperature as text', { temperature: '0' }, 'parameter.invalid'],
    ['store as text', { store: 'false' }, 'parameter.invalid'],
    ['stream as text', { stream: 'true' }, 'parameter.invalid'],
    ['stream as a number', { stream: 1 }, 'parameter.invalid'],
    ['a tier that is an object', { service_tier: {} }, 'parameter.invalid'],
    ['a tier that is a novel', { service_tier: 'x'.repeat(257) }, 'parameter.invalid'],
    ['messages as an object', { messages: {} }, 'parameter.invalid'],
    ['tools as an object', { tools: {} }, 'parameter.invalid'],
    ['a tool that is text', { tools: ['web_search'] }, 'parameter.invalid'],
    ['stream_options as a list', { stream_options: [] }, 'parameter.invalid'],
    ['include_usage as text', { stream_options: { include_usage: 'true' } }, 'parameter.invalid'],
    ['background as text', { background: 'yes' }, 'parameter.invalid', responses],
    ['65 unknown names', Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`x${i}`, 1])), 'parameter.invalid'],
    ['a name of 129 characters', { ['x'.repeat(129)]: 1 }, 'parameter.invalid'],
    ['1025 tools', { tools: Array.from({ length: 1025 }, () => ({ type: 'function', function: { name: 'f' } })) }, 'parameter.invalid'],
  ];
  for (const [name, body, code, head] of rows) test(`${name}: ${code}`, () => assert.equal(read(body, head), code));

  test('numbers that the gateway does not read may be anything', () => {
    assert.equal(
      typeof read('{"seed":9223372036854775807,"tools":[{"type":"function","function":{"name":"f","parameters":{"maximum":1e400}}}]}'),
      'object',
    );
  });
});
