import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { isRefusal } from '../../../gateway/errors.ts';
import { stage } from './request.ts';

// The heads that the official SDKs really send are the specification of accept.
const seen: string[] = [];
const server = createServer((req, res) => {
  const result = stage.accept(stage.arrive(req), req);
  if (isRefusal(result)) seen.push(result.code);
  else {
    const credentials = result.credentials.map(({ place, value }) => `${place}=${value.reveal()}`).join();
    seen.push([result.protocol, result.operation, result.upstreamPath, result.modelInPath ?? '-', credentials].join(' '));
  }
  res.setHeader('content-type', 'application/json');
  res.end(JSON.stringify({ data: [], has_more: false, output: [], choices: [], content: [] }));
});
let base = '';

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

async function headOf(call: () => PromiseLike<unknown>): Promise<string | undefined> {
  seen.length = 0;
  await call();
  return seen.join('; ');
}

suite('the openai SDK', () => {
  const client = () => new OpenAI({ baseURL: `${base}/v1`, apiKey: 'k', maxRetries: 0 });
  const messages = [{ role: 'user', content: 'hi' }] as const;
  for (const [name, call, head] of [
    ['chat', () => client().chat.completions.create({ model: 'm', messages: [...messages] }), 'openai chat /chat/completions -'],
    ['completions', () => client().completions.create({ model: 'm', prompt: 'hi' }), 'openai completions /completions -'],
    ['responses', () => client().responses.create({ model: 'm', input: 'hi' }), 'openai responses /responses -'],
    [
      'embeddings',
      () => client().embeddings.create({ model: 'm', input: 'hi', encoding_format: 'float' }),
      'openai embeddings /embeddings -',
    ],
    ['models', () => client().models.list(), 'openai models /models -'],
    ['one model', () => client().models.retrieve('ft:gpt-4o:org'), 'openai models /models/ft:gpt-4o:org ft:gpt-4o:org'],
  ] as const) {
    test(name, async () => assert.equal(await headOf(call), `${head} authorization=k`));
  }
});

suite('the Anthropic SDK', () => {
  const withKey = () => new Anthropic({ baseURL: base, apiKey: 'k', authToken: null, maxRetries: 0 });
  const messages = [{ role: 'user', content: 'hi' }] as const;
  const message = { model: 'm', max_tokens: 1, messages: [...messages] };
  for (const [name, call, head] of [
    ['messages', () => withKey().messages.create(message), 'anthropic chat /messages -'],
    ['beta messages', () => withKey().beta.messages.create(message), 'anthropic chat /messages -'],
    [
      'count_tokens',
      () => withKey().messages.countTokens({ model: 'm', messages: [...messages] }),
      'anthropic count-tokens /messages/count_tokens -',
    ],
    ['models', () => withKey().models.list(), 'anthropic models /models -'],
    ['models with a page size', () => withKey().models.list({ limit: 10 }), 'anthropic models /models -'],
    ['one model', () => withKey().models.retrieve('claude-sonnet-4-5'), 'anthropic models /models/claude-sonnet-4-5 claude-sonnet-4-5'],
  ] as const) {
    test(name, async () => assert.match((await headOf(call)) ?? '', new RegExp(`^${head} (authorization|x-api-key)=k$`)));
  }
});
