import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialects } from '../../../gateway/backends/dialects.ts';
import { makeEventTap } from '../../../gateway/pipeline/proxy/event-tap.ts';
import { isUsageChunk } from '../../../gateway/pipeline/proxy/usage-chunk.ts';
import type { Operation, Protocol } from '../../../gateway/vocabulary/request.ts';

function tapFor(protocol: Protocol, operation: Operation, drops = false) {
  const reader = dialects[protocol].events(operation);
  assert.ok(reader !== undefined);
  return makeEventTap(reader, drops ? { drops: isUsageChunk } : {});
}

const content = 'data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}],"usage":null}\n\n';
const usage = 'data: {"model":"m","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n';

test('whole events of no interest pass as the very same bytes', () => {
  const tap = tapFor('openai', 'chat', true);
  const chunk = Buffer.from(content + content);
  assert.equal(tap.pass(chunk), chunk);
});

test('an unfinished event is held only where one may have to be taken out', () => {
  const half = Buffer.from(content.slice(0, 20));
  assert.equal(tapFor('openai', 'chat').pass(half), half);
  const dropping = tapFor('openai', 'chat', true);
  assert.equal(dropping.pass(half), undefined);
  assert.equal(dropping.betweenEvents, false);
  assert.equal(dropping.pass(Buffer.from(content.slice(20)))?.toString(), content);
  assert.equal(dropping.betweenEvents, true);
});

test('the LF of a CR LF that was cut in two goes with its event', () => {
  const tap = tapFor('openai', 'chat', true);
  const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
  assert.equal(tap.pass(Buffer.from(crlf(usage).slice(0, -1))), undefined);
  assert.equal(tap.pass(Buffer.from(`\n${crlf(content)}`))?.toString(), crlf(content));
});

test('a usage chunk that the stream ends with, without a blank line, is taken out too', () => {
  const tap = tapFor('openai', 'chat', true);
  assert.equal(tap.pass(Buffer.from(usage.trimEnd())), undefined);
  assert.equal(tap.flush(), undefined);
  assert.equal(tap.read().usage?.output_tokens, 2);
});

test('usage on a chunk with choices is read and stays', () => {
  const tap = tapFor('openai', 'chat', true);
  const last = Buffer.from(usage.replace('"choices":[]', '"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]'));
  assert.equal(tap.pass(last)?.toString(), last.toString());
  assert.deepEqual(tap.read(), { usage: { input_tokens: 1, output_tokens: 2 }, model: 'm', finishReason: 'stop' });
});

test('an event of any size is read without being gathered', () => {
  const tap = tapFor('openai', 'responses');
  const response = {
    instructions: `${'x'.repeat(3_000_000)}"usage":{"output_tokens":999}`,
    output: [{ usage: { output_tokens: 998 } }],
    model: 'm',
    status: 'completed',
    usage: { input_tokens: 10, output_tokens: 4 },
  };
  const bytes = Buffer.from(`event: response.completed\ndata: ${JSON.stringify({ type: 'response.completed', response })}\n\n`);
  for (let from = 0; from < bytes.length; from += 10_007) tap.pass(bytes.subarray(from, from + 10_007));
  assert.deepEqual(tap.read(), { usage: { input_tokens: 10, output_tokens: 4 }, model: 'm', finishReason: 'completed' });
  assert.equal(tap.betweenEvents, true);
});

test('an event too large to be a usage chunk is not held until its end', () => {
  const tap = tapFor('openai', 'chat', true);
  const start = Buffer.from(`data: {"choices":[{"delta":{"content":"${'x'.repeat(100_000)}`);
  assert.equal(tap.pass(start)?.length, start.length);
  const rest = Buffer.from('"},"finish_reason":"stop"}]}\n\n');
  assert.equal(tap.pass(rest)?.toString(), rest.toString());
  assert.equal(tap.pass(Buffer.from(usage)), undefined);
  assert.deepEqual(tap.read(), { usage: { input_tokens: 1, output_tokens: 2 }, model: 'm', finishReason: 'stop' });
});

test('Anthropic counts are cumulative: the last one wins, and input includes the cache', () => {
  const tap = tapFor('anthropic', 'chat');
  const say = (type: string, data: object): void => {
    tap.pass(Buffer.from(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`));
  };
  say('message_start', {
    message: {
      model: 'claude-x',
      usage: { input_tokens: 10, cache_read_input_tokens: 100, cache_creation_input_tokens: 5, output_tokens: 1 },
    },
  });
  say('message_delta', { delta: { stop_reason: null }, usage: { output_tokens: 20 } });
  say('message_delta', {
    delta: { stop_reason: 'end_turn' },
    usage: { input_tokens: 12, cache_read_input_tokens: null, output_tokens: 42, output_tokens_details: { thinking_tokens: 8 } },
  });
  assert.deepEqual(tap.read(), {
    usage: {
      input_tokens: 117,
      output_tokens: 42,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 5,
      reasoning_output_tokens: 8,
    },
    model: 'claude-x',
    finishReason: 'end_turn',
  });
});

for (const [type, status, failed] of [
  ['response.incomplete', 'incomplete', undefined],
  ['response.failed', 'failed', true],
] as const) {
  test(`${type} carries usage too`, () => {
    const tap = tapFor('openai', 'responses');
    const response = { model: 'm', status, incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null };
    const event = { type, response: { ...response, usage: { input_tokens: 3, output_tokens: 1 } } };
    tap.pass(Buffer.from(`data: ${JSON.stringify(event)}\n\n`));
    const reading = tap.read();
    assert.deepEqual(reading.usage, { input_tokens: 3, output_tokens: 1 });
    assert.equal(reading.failed, failed);
    assert.equal(reading.finishReason, status === 'incomplete' ? 'max_output_tokens' : 'failed');
  });
}
