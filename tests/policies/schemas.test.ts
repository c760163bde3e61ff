import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv, type ValidateFunction } from 'ajv';
import { startDemoGateway } from '../main/gateway.ts';

/** The published schemas are what policies are type-checked against: what the gateway asks and believes must be what they say. */
function compile(name: string): ValidateFunction {
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../policies/schemas', `${name}.json`), 'utf8'));
  return new Ajv({ strict: false, allErrors: true }).compile(schema);
}

const say = (content: string) => ({ messages: [{ role: 'user', content }] });
const tool = { type: 'function', function: { name: 'look_up', parameters: { type: 'object' } } };
const requests: readonly [path: string, caller: string, body: object][] = [
  [
    '/v1/chat/completions',
    'engineer',
    { model: 'frontier', ...say('a'), tools: [tool], temperature: 0.5, n: 1, response_format: { type: 'json_object' } },
  ],
  ['/v1/chat/completions', 'engineer-personal-laptop', { model: 'gpt-5.1', ...say('a'), stream: true, store: true, user: 'x', seed: 1 }],
  ['/v1/chat/completions', 'contractor', { model: 'gpt-5.1', ...say('a'), max_tokens: 5, top_p: 0.9, service_tier: 'auto' }],
  ['/v1/chat/completions', 'agent-for-service', { model: 'gpt-5-mini', ...say('a'), web_search_options: {} }],
  [
    '/v1/responses',
    'service-for-engineer',
    {
      model: 'gpt-5-mini',
      input: 'a',
      background: false,
      tools: [{ type: 'mcp', server_label: 'x', server_url: 'https://mcp.example/x' }],
    },
  ],
  ['/v1/embeddings', 'engineer', { model: 'text-embedding-3-small', input: ['a', 'b'] }],
  [
    '/v1/messages',
    'engineer',
    { model: 'claude-haiku-4-5', max_tokens: 9, ...say('a'), tools: [{ name: 'look_up', input_schema: { type: 'object' } }], metadata: {} },
  ],
  ['/v1/messages/count_tokens', 'contractor', { model: 'claude-haiku-4-5', ...say('a') }],
];

test('what the gateway asks, believes and records is what the schemas of policies/ say', async (t) => {
  const { post, directory, gateway } = await startDemoGateway(t);
  for (const [path, caller, body] of requests) await post(path, caller, body);
  await gateway.stop();
  const folder = join(directory, 'decisions');
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'));
  const decided = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'decided');
  assert.equal(decided.length, requests.length);
  const [input, answer] = [compile('input'), compile('answer')];
  for (const record of decided) {
    assert.deepEqual([record.erased, record.masked], [[], []], 'the default mask leaves these inputs whole');
    assert.ok(input(record.input), JSON.stringify(input.errors));
    assert.ok(answer(record.result), JSON.stringify(answer.errors));
  }
  const broken = { ...decided[0].input, subjekt: {} };
  assert.equal(input(broken), false, 'the schema is closed');
});
