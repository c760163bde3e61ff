import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAddress } from '../../gateway/addresses/address.ts';
import { errorCodes, isRefusal } from '../../gateway/errors.ts';
import { scanJson } from '../../gateway/json/scan.ts';
import { makeContext } from '../../gateway/pipeline/collect/context/context.ts';
import { readParameters } from '../../gateway/pipeline/collect/parameters/read-parameters.ts';
import type { Operation, Protocol } from '../../gateway/vocabulary/request.ts';
import { accepted, bodyOf, chain, context } from '../pipeline/collect/given.ts';
import { enforce } from '../pipeline/enforce/given.ts';

const heads = fc.constantFrom<{ readonly protocol: Protocol; readonly operation: Operation }>(
  { protocol: 'openai', operation: 'chat' },
  { protocol: 'openai', operation: 'completions' },
  { protocol: 'openai', operation: 'responses' },
  { protocol: 'openai', operation: 'embeddings' },
  { protocol: 'anthropic', operation: 'chat' },
  { protocol: 'anthropic', operation: 'count-tokens' },
);

/** A tool of some kind, more or less well-formed. */
const tool = fc.oneof(
  fc.record(
    {
      type: fc.constantFrom<unknown>('function', 'custom', 'mcp', 'web_search_20250305', 'namespace', 'shell', 'mcp_toolset', null, 7),
      name: fc.constantFrom<unknown>('a', 'b', null, {}),
      function: fc.constantFrom<unknown>({ name: 'a' }, { name: 'b' }, {}, 'x'),
      server_label: fc.constantFrom('a', 's'),
      server_url: fc.constantFrom('https://m.example', 'javascript:alert(1)'),
      tools: fc.constantFrom<unknown>([], [{ type: 'function', name: 'a' }], [{ type: 'mcp' }], 'x'),
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue({ maxDepth: 1 }),
);
const tools = fc.array(tool, { maxLength: 4 });

const body = fc
  .record(
    {
      max_tokens: fc.oneof(fc.integer({ min: -2, max: 100 }), fc.double(), fc.jsonValue({ maxDepth: 1 })),
      max_completion_tokens: fc.oneof(fc.integer({ min: -2, max: 100 }), fc.constant(null)),
      max_output_tokens: fc.integer({ min: 0, max: 100 }),
      n: fc.oneof(fc.nat(3), fc.constant('1')),
      stream: fc.oneof(fc.boolean(), fc.constant(null)),
      stream_options: fc.oneof(fc.constant(null), fc.record({ include_usage: fc.boolean() }, { requiredKeys: [] })),
      messages: fc.oneof(
        fc.array(fc.record({ content: fc.array(fc.record({ tool: fc.record({ definition: tool }) }), { maxLength: 2 }) }), {
          maxLength: 2,
        }),
        fc.jsonValue({ maxDepth: 2 }),
      ),
      input: fc.oneof(
        fc.array(fc.record({ type: fc.constant('additional_tools'), tools }), { maxLength: 2 }),
        fc.jsonValue({ maxDepth: 2 }),
      ),
      tools: fc.oneof({ weight: 3, arbitrary: tools }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) }),
      functions: fc.array(fc.record({ name: fc.constantFrom('a', 'b') }), { maxLength: 2 }),
      mcp_servers: fc.array(fc.record({ name: fc.constantFrom('a', 's'), url: fc.constant('https://m.example') }), { maxLength: 2 }),
      web_search_options: fc.constantFrom({}, null),
      tool_choice: fc.constantFrom<unknown>(
        'auto',
        'none',
        null,
        { type: 'function', name: 'a' },
        { type: 'mcp', server_label: 's' },
        { type: 'tool', name: 'b' },
      ),
      zzz: fc.jsonValue({ maxDepth: 1 }),
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.parse(JSON.stringify({ model: 'small', ...value })) as Record<string, unknown>);

test('parameters: any body gives facts that are true of it, or a code of the table; never an exception', () => {
  fc.assert(
    fc.property(heads, body, (head, value) => {
      const read = readParameters(accepted(head), bodyOf(value));
      if (typeof read === 'string') return assert.ok(errorCodes.includes(read));
      const { max_tokens, tools: seen, other } = read.facts;
      assert.ok(max_tokens === undefined || (Number.isSafeInteger(max_tokens) && max_tokens >= 0));
      assert.ok(seen === undefined || seen.length > 0);
      assert.deepEqual(other, [...other].sort());
      assert.equal(typeof read.stream, 'boolean');
    }),
    { numRuns: 3000 },
  );
});

test('collect and enforce agree: what is sent after a strip and a cap shows none of what was forbidden', () => {
  fc.assert(
    fc.property(
      heads,
      body,
      fc.subarray(['mcp', 'web_search', 'function', 'custom']),
      fc.subarray(['a', 's']),
      (head, value, types, names) => {
        const read = readParameters(accepted(head), bodyOf(value));
        if (typeof read === 'string') return;
        const obligations = [
          { type: 'strip-tools', types, names },
          { type: 'cap-tokens', max: 10 },
        ];
        const result = enforce({ ...head, body: JSON.stringify(value), stream: read.stream, tools: read.facts.tools ?? [], obligations });
        if (isRefusal(result)) return assert.ok(['policy.obligation-blocked', 'policy.conflict'].includes(result.code), result.code);
        assert.ok(result.kind === 'forward');
        const text = Buffer.from(result.body ?? []).toString();
        const again = readParameters(accepted(head), bodyOf(text));
        assert.ok(typeof again !== 'string', `${String(again)}: ${text}`);
        for (const { type, name } of again.facts.tools ?? []) {
          assert.ok(!(name !== undefined && names.includes(name)), text);
          assert.ok(!types.some((forbidden) => type === forbidden || type.startsWith(`${forbidden}_`)), text);
        }
        if (head.operation !== 'embeddings' && head.operation !== 'count-tokens')
          assert.ok((again.facts.max_tokens ?? Number.NaN) <= 10, text);
      },
    ),
    { numRuns: 3000 },
  );
});

test('addresses: what is read has one spelling, and reading that gives it again', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), fc.string({ maxLength: 20 })), (text) => {
      const address = readAddress(text);
      if (address !== undefined) assert.equal(readAddress(address.text)?.text, address.text);
    }),
    { numRuns: 1000 },
  );
});

test('X-Forwarded-For: whatever a caller puts in front, the entry of the trusted proxy counts', () => {
  const of = makeContext({ context, trustedProxies: ['10.0.0.0/8'] });
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.ipV4(), fc.string({ unit: 'grapheme-ascii', maxLength: 12 })), { maxLength: 6 }),
      fc.ipV4(),
      (forged, client) => {
        const { facts } = of(accepted({ peer: '10.0.0.1', headers: { 'x-forwarded-for': [...forged, client] } }), chain);
        assert.equal(facts.location?.ip, client);
      },
    ),
    { numRuns: 500 },
  );
});

test('a body that collect would keep is scanned the same after every change', () => {
  fc.assert(
    fc.property(body, fc.dictionary(fc.constantFrom('n', 'zzz', 'seed', 'max_tokens'), fc.jsonValue({ maxDepth: 2 })), (value, set) => {
      const result = enforce({ body: JSON.stringify(value), obligations: [{ type: 'pin-parameters', set }], upstreamModel: 'upstream' });
      assert.ok(!isRefusal(result) && result.kind === 'forward');
      const scanned = scanJson(result.body ?? new Uint8Array(), { maxDepth: 64, maxValues: 100_000 });
      assert.ok('members' in scanned);
      assert.deepEqual(JSON.parse(Buffer.from(result.body ?? []).toString()), {
        ...value,
        ...JSON.parse(JSON.stringify(set)),
        model: 'upstream',
      });
    }),
    { numRuns: 500 },
  );
});
