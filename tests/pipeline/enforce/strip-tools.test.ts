import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Fields } from '../../../gateway/pipeline/collect/parameters/fields.ts';
import { readTools } from '../../../gateway/pipeline/collect/parameters/tools.ts';
import type { Protocol } from '../../../gateway/vocabulary/request.ts';
import { type Case, refused, sent } from './given.ts';

/** A case whose tool facts are those that collect reads of the body: the two readings must agree, or the strip is blocked. */
function given(body: object, parameters: object, protocol: Protocol = 'openai', more: readonly object[] = []): Case {
  const whole = { model: 'small', ...body };
  const { tools } = readTools(new Fields(whole), protocol);
  const obligations = [{ type: 'strip-tools', ...parameters }, ...more.map((each) => ({ type: 'strip-tools', ...each }))];
  return { protocol, body: JSON.stringify(whole), tools, obligations };
}
const left = (...args: Parameters<typeof given>) => {
  const { model: _, ...rest } = JSON.parse(sent(given(...args))) as Record<string, unknown>;
  return rest;
};

const fn = (name: string) => ({ type: 'function', function: { name } });
const mcp = { type: 'mcp', server_label: 's', server_url: 'https://m.example' };
const search = { type: 'web_search_preview_2025_03_11' };

suite('strip-tools', () => {
  test('by name', () => assert.deepEqual(left({ tools: [fn('a'), fn('b'), fn('c')] }, { names: ['b'] }), { tools: [fn('a'), fn('c')] }));
  test('by type, in every version', () => {
    assert.deepEqual(left({ tools: [search, fn('a'), mcp] }, { types: ['web_search', 'mcp'] }), { tools: [fn('a')] });
  });
  test('by name or type in one', () => {
    assert.deepEqual(left({ tools: [search, fn('a'), fn('b')] }, { names: ['a'], types: ['web_search'] }), { tools: [fn('b')] });
  });
  test('by the label of a server', () => assert.deepEqual(left({ tools: [mcp, fn('s2')] }, { names: ['s'] }), { tools: [fn('s2')] }));
  test('the member goes with the last', () => assert.deepEqual(left({ tools: [mcp], n: 1 }, { types: ['mcp'] }), { n: 1 }));
  test('several strips make the union', () => {
    assert.deepEqual(left({ tools: [fn('a'), fn('b'), mcp] }, { names: ['a'] }, 'openai', [{ names: ['a', 'b'] }]), { tools: [mcp] });
    assert.deepEqual(left({ tools: [fn('a'), fn('b')], tool_choice: 'auto' }, { names: ['a'] }, 'openai', [{ names: ['b'] }]), {});
  });
  test('legacy functions', () => {
    assert.deepEqual(left({ functions: [{ name: 'a' }, { name: 'b' }], function_call: { name: 'a' } }, { names: ['a'] }), {
      functions: [{ name: 'b' }],
    });
  });
  test('web_search_options', () =>
    assert.deepEqual(left({ web_search_options: {}, tools: [fn('a')] }, { types: ['web_search'] }), { tools: [fn('a')] }));
  test('mcp_servers and their toolsets', () => {
    const body = {
      mcp_servers: [
        { type: 'url', name: 's', url: 'https://m.example' },
        { type: 'url', name: 't', url: 'https://n.example' },
      ],
      tools: [
        { type: 'mcp_toolset', mcp_server_name: 's' },
        { name: 'f', input_schema: {} },
      ],
    };
    assert.deepEqual(left(body, { types: ['mcp'] }, 'anthropic'), { tools: [{ name: 'f', input_schema: {} }] });
    assert.deepEqual(left(body, { names: ['s'] }, 'anthropic'), {
      mcp_servers: [{ type: 'url', name: 't', url: 'https://n.example' }],
      tools: [{ name: 'f', input_schema: {} }],
    });
  });
  test('a namespace goes whole', () => {
    const space = { type: 'namespace', name: 'ns', tools: [{ type: 'function', name: 'in' }] };
    assert.deepEqual(left({ tools: [space, fn('a')] }, { names: ['ns', 'in'] }), { tools: [fn('a')] });
  });
  test('where nothing matches, nothing changes', () => {
    const body = { tools: [fn('a')], tool_choice: { type: 'function', function: { name: 'a' } } };
    assert.deepEqual(left(body, { names: ['z'], types: ['mcp'] }), body);
    assert.deepEqual(left({ n: 1 }, { types: [] }), { n: 1 });
  });
});

suite('the tool choice', () => {
  const tools = [fn('a'), fn('b'), mcp, search];
  for (const [name, choice, parameters, kept] of [
    ['of a stripped function', { type: 'function', function: { name: 'a' } }, { names: ['a'] }, false],
    ['of a stripped function, flat', { type: 'function', name: 'a' }, { names: ['a'] }, false],
    ['of another', { type: 'function', function: { name: 'b' } }, { names: ['a'] }, true],
    ['of a stripped type', { type: 'web_search_preview' }, { types: ['web_search'] }, false],
    ['of a stripped server', { type: 'mcp', server_label: 's' }, { names: ['s'] }, false],
    ['of a stripped type that no tool is of', { type: 'code_interpreter' }, { types: ['code_interpreter'] }, false],
    ['among allowed tools', { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'a' }] }, { names: ['a'] }, false],
    ['among allowed tools, nested', { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [fn('a')] } }, { names: ['a'] }, false],
    ['allowed tools without it', { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'b' }] }, { names: ['a'] }, true],
    ['auto', 'auto', { names: ['a'] }, true],
    ['required, with none left', 'required', { types: ['function', 'mcp', 'web_search'] }, false],
    ['by its bare name', 'a', { names: ['a'] }, false],
    ['that is no choice', 7, { names: ['a'] }, false],
  ] as const) {
    test(`${name}: ${kept ? 'stays' : 'goes'}`, () => {
      assert.deepEqual(left({ tools, tool_choice: choice }, parameters)['tool_choice'], kept ? choice : undefined);
    });
  }
  test('Anthropic: by name, and by the name of a tool stripped for its type', () => {
    const body = {
      tools: [{ type: 'web_search_20250305', name: 'web_search' }, { name: 'f' }],
      tool_choice: { type: 'tool', name: 'web_search' },
    };
    assert.equal('tool_choice' in left(body, { types: ['web_search'] }, 'anthropic'), false);
    assert.deepEqual(left({ ...body, tool_choice: { type: 'any' } }, { names: ['web_search'] }, 'anthropic')['tool_choice'], {
      type: 'any',
    });
  });
});

suite('what cannot be taken out blocks the obligation', () => {
  const blocked = (...args: Parameters<typeof given>) => assert.equal(refused(given(...args)), 'policy.obligation-blocked');
  test('a tool among the input items', () =>
    blocked({ input: [{ type: 'additional_tools', tools: [search] }] }, { types: ['web_search'] }));
  test('… although another like it was taken out', () => {
    blocked({ tools: [search], input: [{ type: 'additional_tools', tools: [search] }] }, { types: ['web_search'] });
  });
  test('a tool inside a namespace', () => {
    blocked({ tools: [{ type: 'namespace', name: 'ns', tools: [{ type: 'function', name: 'in' }] }] }, { names: ['in'] });
  });
  test('a tool added among the messages', () => {
    const tool = { type: 'tool_definition', definition: { type: 'web_fetch_20260309', name: 'web_fetch' } };
    blocked({ messages: [{ role: 'user', content: [{ type: 'tool_addition', tool }] }] }, { types: ['web_fetch'] }, 'anthropic');
  });
  test('… although as many others were taken out as were seen', () => {
    const body = { functions: [{ name: 'a' }], messages: [{ content: [{ tool: { definition: {} } }] }] };
    blocked(body, { types: ['custom'] }, 'anthropic');
    blocked(body, { types: ['custom', 'function'] }, 'anthropic');
  });
  test('a pinned tool choice that would have to go', () => {
    const { obligations = [], ...rest } = given({ tools: [fn('a')] }, { names: ['a'] });
    assert.equal(
      refused({ ...rest, obligations: [...obligations, { type: 'pin-parameters', set: { tool_choice: 'none' } }] }),
      'policy.conflict',
    );
  });
});
