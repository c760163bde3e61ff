import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialects } from '../../gateway/backends/dialects.ts';
import type { Operation, Protocol } from '../../gateway/vocabulary/request.ts';

function read(protocol: Protocol, operation: Operation, members: Record<string, unknown>) {
  return dialects[protocol].answers(operation)?.read(new Map(Object.entries(members)));
}

test('OpenAI chat: input already includes what came from the cache', () => {
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 20,
    total_tokens: 120,
    prompt_tokens_details: { cached_tokens: 64, cache_write_tokens: 8 },
    completion_tokens_details: { reasoning_tokens: 12 },
  };
  assert.deepEqual(read('openai', 'chat', { model: 'gpt-x', usage, 'choices.0.finish_reason': 'stop' }), {
    usage: {
      input_tokens: 100,
      output_tokens: 20,
      cache_read_input_tokens: 64,
      cache_creation_input_tokens: 8,
      reasoning_output_tokens: 12,
    },
    model: 'gpt-x',
    finishReason: 'stop',
  });
});

test('OpenAI responses', () => {
  const usage = {
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens: 2,
    output_tokens_details: { reasoning_tokens: 1 },
  };
  assert.deepEqual(
    read('openai', 'responses', { model: 'gpt-x', usage, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }),
    {
      usage: { input_tokens: 9, output_tokens: 2, cache_read_input_tokens: 4, reasoning_output_tokens: 1 },
      model: 'gpt-x',
      finishReason: 'max_output_tokens',
    },
  );
});

test('OpenAI embeddings have no output', () => {
  assert.deepEqual(read('openai', 'embeddings', { model: 'e', usage: { prompt_tokens: 5, total_tokens: 5 } }), {
    usage: { input_tokens: 5 },
    model: 'e',
  });
});

test('Anthropic messages: input is the sum of what was new, read from the cache and written to it', () => {
  const usage = { input_tokens: 10, cache_read_input_tokens: 100, cache_creation_input_tokens: 5, output_tokens: 7 };
  assert.deepEqual(read('anthropic', 'chat', { model: 'claude-x', usage, stop_reason: 'end_turn' }), {
    usage: { input_tokens: 115, output_tokens: 7, cache_read_input_tokens: 100, cache_creation_input_tokens: 5 },
    model: 'claude-x',
    finishReason: 'end_turn',
  });
  assert.deepEqual(read('anthropic', 'count-tokens', { input_tokens: 14 }), { usage: { input_tokens: 14 } });
});

test('unknown is not zero', () => {
  for (const usage of [
    undefined,
    null,
    {},
    { prompt_tokens: null },
    { prompt_tokens: -1 },
    { prompt_tokens: 1.5 },
    { prompt_tokens: '7' },
    7,
  ]) {
    assert.deepEqual(read('openai', 'chat', { usage }), {});
  }
});

test('no header that belongs to the connection, the account or the host reaches a caller', () => {
  for (const { passes } of Object.values(dialects)) {
    for (const header of [
      'set-cookie',
      'server',
      'location',
      'connection',
      'keep-alive',
      'transfer-encoding',
      'trailer',
      'upgrade',
      'proxy-authenticate',
      'www-authenticate',
      'alt-svc',
      'strict-transport-security',
      'via',
      'x-powered-by',
      'openai-organization',
      'openai-project',
      'anthropic-organization-id',
      'anthropic-workspace-id',
      'access-control-allow-origin',
      'x-regate-decision-id',
      'content-length',
      'date',
      'cf-ray',
    ]) {
      assert.equal(passes(header), false, header);
    }
    for (const header of ['content-type', 'retry-after', 'x-request-id', 'x-should-retry']) assert.equal(passes(header), true, header);
  }
  assert.ok(dialects.openai.passes('x-ratelimit-remaining-tokens'));
  assert.ok(dialects.anthropic.passes('anthropic-ratelimit-tokens-remaining'));
});

test('the listings of both dialects', () => {
  const models = [
    { id: 'a', aliases: [], operations: [], ownedBy: 'lab', created: 1_700_000_000 },
    { id: 'b', aliases: [], operations: [] },
  ];
  assert.deepEqual(JSON.parse(dialects.openai.listing(models)), {
    object: 'list',
    data: [
      { id: 'a', object: 'model', created: 1_700_000_000, owned_by: 'lab' },
      { id: 'b', object: 'model', created: 0, owned_by: 'regate' },
    ],
  });
  const page = JSON.parse(dialects.anthropic.listing(models));
  assert.deepEqual([page.has_more, page.first_id, page.last_id, page.data.length], [false, 'a', 'b', 2]);
  assert.equal(page.data[0].created_at, '2023-11-14T22:13:20.000Z');
  assert.deepEqual(JSON.parse(dialects.anthropic.listing([])), { data: [], has_more: false, first_id: null, last_id: null });
});
