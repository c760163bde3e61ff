import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeResolveModel } from '../../gateway/pipeline/collect/model.ts';
import { readParameters } from '../../gateway/pipeline/collect/parameters/read-parameters.ts';
import { accepted, bodyOf, catalogue, type Head } from '../pipeline/collect/given.ts';

const resolve = makeResolveModel({ catalogue });
const judge = (body: object, head: Head = {}) => {
  const read = bodyOf({ model: 'small', ...body });
  const model = resolve(accepted(head), read);
  const parameters = typeof model === 'string' ? model : readParameters(accepted(head), read);
  return typeof parameters === 'string' ? parameters : 'accepted';
};
const responses: Head = { operation: 'responses' };
const anthropic: Head = { protocol: 'anthropic' };

/* A permit for one model must not be spent on another that the provider picks. */
suite('a model named beside the model', () => {
  const rows: readonly [string, object, Head][] = [
    ['OpenRouter models', { models: ['frontier'] }, {}],
    ['an empty list is a list', { models: [] }, {}],
    ['OpenRouter route', { route: 'fallback' }, {}],
    ['OpenRouter provider', { provider: { order: ['x'] } }, {}],
    ['OpenRouter plugins', { plugins: [{ id: 'web' }] }, {}],
    ['LiteLLM fallbacks', { fallbacks: [{ small: ['frontier'] }] }, {}],
    ['LiteLLM api_base', { api_base: 'https://evil.example' }, {}],
    ['extra_body that an SDK would have merged', { extra_body: { model: 'frontier' } }, {}],
    ['a moderation model', { moderation: { model: 'omni' } }, {}],
    ['Anthropic fallbacks', { fallbacks: [{ model: 'frontier' }] }, anthropic],
    ['Anthropic default fallbacks', { fallbacks: 'default' }, anthropic],
    ['an advisor', { tools: [{ type: 'advisor_20260301', name: 'advisor', model: 'frontier' }] }, anthropic],
    ['an advisor of the future', { tools: [{ type: 'advisor_20270101', name: 'advisor' }] }, anthropic],
    [
      'an advisor among the messages',
      { messages: [{ role: 'user', content: [{ type: 'tool_addition', tool: { definition: { type: 'x', model: 'frontier' } } }] }] },
      anthropic,
    ],
    ['an image model by default', { tools: [{ type: 'image_generation' }] }, responses],
    ['an image model by name', { tools: [{ type: 'image_generation', model: 'gpt-image-2' }] }, responses],
    ['an image model among the items', { input: [{ type: 'additional_tools', tools: [{ type: 'image_generation' }] }] }, responses],
    ['a drawing model', { tools: [{ type: 'x', svg: { model: 'frontier' } }] }, responses],
    ['an image model in a namespace', { tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'image_generation' }] }] }, responses],
    ['a stored prompt', { prompt: { id: 'pmpt_1' } }, responses],
    ['a stored prompt without a model', { model: null, prompt: { id: 'pmpt_1' } }, responses],
    ['an earlier response without a model', { model: null, previous_response_id: 'resp_1' }, responses],
    ['a conversation without a model', { model: null, conversation: 'conv_1' }, responses],
  ];
  for (const [name, body, head] of rows) test(name, () => assert.equal(judge(body, head), 'model.undeterminable'));

  test('null says nothing, as the SDKs send it', () => {
    assert.equal(judge({ prompt: null, previous_response_id: null, moderation: null }, responses), 'accepted');
    assert.equal(judge({ fallbacks: null }, anthropic), 'accepted');
  });
  test('an earlier response with a model is judged by that model, and policy sees that it is there', () => {
    assert.equal(judge({ previous_response_id: 'resp_1' }, responses), 'accepted');
  });
  test('a prompt of the older completions is text', () => assert.equal(judge({ prompt: 'x' }, { operation: 'completions' }), 'accepted'));
});
