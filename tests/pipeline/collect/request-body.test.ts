import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readParameters } from '../../../gateway/pipeline/collect/parameters/read-parameters.ts';
import { Draft } from '../../../gateway/pipeline/enforce/draft.ts';
import { accepted, bodyOf } from './given.ts';

const long = 'ä'.repeat(5000);
const definition = { type: 'mcp', server_label: 'files', server_url: 'https://mcp.example.com/x' };
const bodies: readonly object[] = [
  { model: 'm', messages: [{ role: 'user', content: long }] },
  { model: 'm', messages: [{ role: 'user', content: [{ type: 'text', text: long, tool: { definition } }] }] },
  { model: 'm', messages: [{ role: 'user', content: long }], tools: [{ type: 'function', function: { name: 'f', description: long } }] },
  { model: 'm', messages: [], tools: [{ type: 'function', function: { name: long } }] },
  { model: 'm', messages: [], tools: [{ ...definition, server_url: `https://mcp.example.com/${'x'.repeat(5000)}` }] },
  { model: 'm', messages: [], service_tier: long },
  { model: 'm', messages: [], response_format: { type: long } },
  { model: 'm', messages: [], temperature: long },
  { model: long, messages: long },
];

test('parameters are the same, read in the outline or in the whole', () => {
  for (const value of bodies) {
    const body = bodyOf(value);
    assert.deepEqual(
      readParameters(accepted(), body),
      readParameters(accepted(), { ...body, outline: body.value }),
      JSON.stringify(value).slice(0, 200),
    );
  }
});

test('the whole is there for whoever asks, parsed once', () => {
  for (const value of bodies) {
    const body = bodyOf(value);
    assert.deepEqual(body.value, value);
    assert.equal(body.value, body.value);
    assert.notDeepEqual(body.outline, value);
  }
  const small = bodyOf({ model: 'm' });
  assert.equal(small.outline, small.value);
});

test('an obligation finds a member exactly as it came, however long', () => {
  const body = bodyOf({ model: 'm', user: long, metadata: { note: long }, messages: [{ role: 'user', content: long }] });
  const draft = new Draft({ protocol: 'openai', operation: 'chat', body, tools: [] });
  assert.equal(draft.value('user'), long);
  assert.deepEqual(draft.value('metadata'), { note: long });
  assert.deepEqual(draft.elements('messages'), [{ role: 'user', content: long }]);
  assert.equal(draft.value('absent'), undefined);
});
