import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';

/*
 * What the official SDKs must be able to do against anything that claims to speak their API. The same exercises run against the demo upstream and
 * against the gateway in front of it: what differs between the two is the gateway's doing.
 */

const weather = { type: 'object', properties: { city: { type: 'string' }, big: { type: 'integer', maximum: 9007199254740991 } } } as const;

/** @param model a model that answers with the demo upstream's words */
export async function exerciseOpenai(t: TestContext, client: OpenAI, model: string): Promise<void> {
  const messages = [{ role: 'user' as const, content: 'Grüße aus Zürich 👋' }];

  await t.test('chat', async () => {
    const answer = await client.chat.completions.create({ model, messages, max_completion_tokens: 5 });
    assert.equal(answer.choices[0]?.message.content, 'This is the demo upstream');
    assert.equal(answer.choices[0]?.finish_reason, 'length');
    assert.equal(answer.usage?.completion_tokens, 5);
  });

  await t.test('chat with a tool', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: weather } }];
    const answer = await client.chat.completions.create({ model, messages, tools, tool_choice: 'required' });
    const call = answer.choices[0]?.message.tool_calls?.[0];
    assert.ok(call?.type === 'function');
    assert.equal(call.function.name, 'weather');
    const stream = client.chat.completions.stream({ model, messages, tools, tool_choice: 'required' });
    const final = await stream.finalChatCompletion();
    assert.equal(final.choices[0]?.finish_reason, 'tool_calls');
  });

  await t.test('chat as a stream, without usage', async () => {
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    let text = '';
    for await (const chunk of stream) {
      assert.equal(chunk.choices.length, 1, 'no chunk without choices comes to a caller who did not ask for usage');
      text += chunk.choices[0]?.delta.content ?? '';
    }
    assert.match(text, /^This is the demo upstream of Regate/);
  });

  await t.test('chat as a stream, with usage', async () => {
    const stream = await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } });
    const usages: unknown[] = [];
    for await (const chunk of stream) if (chunk.usage) usages.push(chunk.usage.completion_tokens);
    assert.equal(usages.length, 1);
  });

  await t.test('completions', async () => {
    const answer = await client.completions.create({ model, prompt: 'Once', max_tokens: 3 });
    assert.equal(answer.choices[0]?.text, 'This is the');
    let text = '';
    for await (const chunk of await client.completions.create({ model, prompt: 'Once', max_tokens: 3, stream: true })) {
      text += chunk.choices[0]?.text ?? '';
    }
    assert.equal(text, 'This is the');
  });

  await t.test('responses', async () => {
    const answer = await client.responses.create({ model, input: 'Hello', max_output_tokens: 4 });
    assert.equal(answer.output_text, 'This is the demo');
    assert.equal(answer.status, 'incomplete');
    const events: string[] = [];
    const stream = await client.responses.create({ model, input: 'Hello', stream: true });
    for await (const event of stream) events.push(event.type);
    assert.equal(events[0], 'response.created');
    assert.equal(events.at(-1), 'response.completed');
    assert.ok(events.includes('response.output_text.delta'));
    const helper = client.responses.stream({ model, input: 'Hello' });
    const final = await helper.finalResponse();
    assert.match(final.output_text, /demo upstream/);
  });

  await t.test('responses with a tool', async () => {
    const tools = [{ type: 'function' as const, name: 'weather', parameters: weather, strict: false }];
    const final = await client.responses.stream({ model, input: 'Hello', tools, tool_choice: 'required' }).finalResponse();
    assert.equal(final.output[0]?.type, 'function_call');
  });

  await t.test('embeddings, as base64 and as numbers', async () => {
    const decoded = await client.embeddings.create({ model, input: ['one', 'two'] });
    const plain = await client.embeddings.create({ model, input: ['one', 'two'], encoding_format: 'float' });
    assert.equal(decoded.data.length, 2);
    assert.deepEqual([...(decoded.data[0]?.embedding ?? [])], plain.data[0]?.embedding);
    assert.notDeepEqual(plain.data[0]?.embedding, plain.data[1]?.embedding);
  });
}

/** @param model a model that answers with the demo upstream's words */
export async function exerciseAnthropic(t: TestContext, client: Anthropic, model: string): Promise<void> {
  const messages = [{ role: 'user' as const, content: 'Grüße aus Zürich 👋' }];

  await t.test('messages', async () => {
    const answer = await client.messages.create({ model, messages, max_tokens: 5 });
    assert.deepEqual(
      answer.content.map((block) => (block.type === 'text' ? block.text : block.type)),
      ['This is the demo upstream'],
    );
    assert.equal(answer.stop_reason, 'max_tokens');
    assert.equal(answer.usage.output_tokens, 5);
  });

  await t.test('messages as a stream', async () => {
    const stream = client.messages.stream({ model, messages, max_tokens: 100 });
    const types: string[] = [];
    stream.on('streamEvent', ({ type }) => types.push(type));
    const final = await stream.finalMessage();
    assert.equal(types[0], 'message_start');
    assert.equal(types.at(-1), 'message_stop');
    assert.match(final.content[0]?.type === 'text' ? final.content[0].text : '', /demo upstream/);
    assert.equal(final.stop_reason, 'end_turn');
    assert.ok(final.usage.output_tokens > 1);
  });

  await t.test('messages with a tool', async () => {
    const tools = [{ name: 'weather', input_schema: weather }];
    const stream = client.messages.stream({ model, messages, max_tokens: 100, tools, tool_choice: { type: 'any' } });
    const final = await stream.finalMessage();
    assert.equal(final.stop_reason, 'tool_use');
    const [block] = final.content;
    assert.ok(block?.type === 'tool_use');
    assert.deepEqual([block.name, block.input], ['weather', {}]);
  });

  await t.test('count_tokens', async () => {
    const count = await client.messages.countTokens({ model, messages });
    assert.ok(count.input_tokens > 0);
  });
}
