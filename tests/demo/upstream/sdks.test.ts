import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { start, type Upstream } from '../../../gateway/demo/upstream/upstream.ts';
import { exerciseAnthropic, exerciseOpenai } from './exercises.ts';

let upstream: Upstream;
before(async () => {
  upstream = await start({ credential: 'demo-credential', now: () => 1_760_000_000_000 });
});
after(() => upstream.close());

test('the official OpenAI SDK understands the demo upstream', async (t) => {
  await exerciseOpenai(t, new OpenAI({ apiKey: 'demo-credential', baseURL: `${upstream.url}/v1`, maxRetries: 0 }), 'demo-large');
});

test('the official Anthropic SDK understands the demo upstream', async (t) => {
  await exerciseAnthropic(t, new Anthropic({ apiKey: 'demo-credential', baseURL: upstream.url, maxRetries: 0 }), 'demo-large');
});

test('another credential, or two, is refused in the dialect of the endpoint', async () => {
  const openai = new OpenAI({ apiKey: 'a-callers-own-key', baseURL: `${upstream.url}/v1`, maxRetries: 0 });
  await assert.rejects(openai.chat.completions.create({ model: 'm', messages: [] }), OpenAI.AuthenticationError);
  const anthropic = new Anthropic({ apiKey: 'a-callers-own-key', baseURL: upstream.url, maxRetries: 0 });
  await assert.rejects(anthropic.messages.create({ model: 'm', max_tokens: 1, messages: [] }), Anthropic.AuthenticationError);
  const both = await fetch(`${upstream.url}/v1/messages`, {
    method: 'POST',
    headers: { authorization: 'Bearer demo-credential', 'x-api-key': 'demo-credential', 'anthropic-version': '2023-06-01' },
    body: '{"model":"m"}',
  });
  assert.equal(both.status, 401);
});

test('the same request gets the same words, and they say that this is a demo', async () => {
  const ask = async (): Promise<string> => {
    const answer = await fetch(`${upstream.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer demo-credential' },
      body: JSON.stringify({ model: 'some-model', max_tokens: 50, messages: [] }),
    });
    const { choices } = (await answer.json()) as { choices: { message: { content: string } }[] };
    return choices[0]?.message.content ?? '';
  };
  const first = await ask();
  assert.match(first, /demo upstream.*some-model.*at most 50 tokens/);
  assert.equal(await ask(), first);
});
