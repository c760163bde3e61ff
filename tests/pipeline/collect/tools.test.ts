import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readParameters } from '../../../gateway/pipeline/collect/parameters/read-parameters.ts';
import type { EgressFact, ToolFact } from '../../../gateway/vocabulary/facts.ts';
import { accepted, bodyOf, type Head } from './given.ts';

const responses: Head = { operation: 'responses' };
const anthropic: Head = { protocol: 'anthropic' };
const read = (body: unknown, head: Head = {}) => readParameters(accepted(head), bodyOf(body));

suite('every tool is seen, and what makes the provider reach out', () => {
  const rows: readonly [string, Head, unknown, readonly ToolFact[] | undefined, readonly EgressFact[] | undefined][] = [
    ['none', {}, { tools: [] }, undefined, undefined],
    ['function', {}, { tools: [{ type: 'function', function: { name: 'f' } }] }, [{ type: 'function', name: 'f' }], undefined],
    ['custom', {}, { tools: [{ type: 'custom', custom: { name: 'c' } }] }, [{ type: 'custom', name: 'c' }], undefined],
    ['legacy functions', {}, { functions: [{ name: 'old' }] }, [{ type: 'function', name: 'old' }], undefined],
    ['web_search_options', {}, { web_search_options: {} }, [{ type: 'web_search' }], [{ type: 'web_search' }]],
    ['flat function', responses, { tools: [{ type: 'function', name: 'f' }] }, [{ type: 'function', name: 'f' }], undefined],
    [
      'remote MCP server',
      responses,
      { tools: [{ type: 'mcp', server_label: 's', server_url: 'https://Evil.example:8443/secret?token=1' }] },
      [{ type: 'mcp', name: 's' }],
      [{ type: 'mcp', host: 'evil.example:8443' }],
    ],
    [
      'connector',
      responses,
      { tools: [{ type: 'mcp', server_label: 'd', connector_id: 'connector_dropbox' }] },
      [{ type: 'mcp', name: 'd' }],
      [{ type: 'connector' }],
    ],
    ['tunnel', responses, { tools: [{ type: 'mcp', server_label: 't', tunnel_id: 'x' }] }, [{ type: 'mcp', name: 't' }], [{ type: 'mcp' }]],
    [
      'versioned search',
      responses,
      { tools: [{ type: 'web_search_preview_2025_03_11' }] },
      [{ type: 'web_search_preview_2025_03_11' }],
      [{ type: 'web_search' }],
    ],
    [
      'code interpreter',
      responses,
      { tools: [{ type: 'code_interpreter', container: 'c' }] },
      [{ type: 'code_interpreter' }],
      [{ type: 'code_interpreter' }],
    ],
    [
      'hosted shell',
      responses,
      { tools: [{ type: 'shell', environment: { type: 'container_auto' } }] },
      [{ type: 'shell' }],
      [{ type: 'shell' }],
    ],
    ['local shell', responses, { tools: [{ type: 'shell', environment: { type: 'local' } }] }, [{ type: 'shell' }], undefined],
    ['a type that nobody has heard of', responses, { tools: [{ type: 'telepathy' }] }, [{ type: 'telepathy' }], [{ type: 'telepathy' }]],
    [
      'inside a namespace',
      responses,
      { tools: [{ type: 'namespace', name: 'ns', tools: [{ type: 'function', name: 'in' }] }] },
      [
        { type: 'namespace', name: 'ns' },
        { type: 'function', name: 'in' },
      ],
      undefined,
    ],
    [
      'among the input items',
      responses,
      {
        input: [
          { type: 'message', role: 'user', content: 'x' },
          { type: 'additional_tools', role: 'developer', tools: [{ type: 'web_search' }] },
        ],
      },
      [{ type: 'web_search' }],
      [{ type: 'web_search' }],
    ],
    [
      'loaded by a tool search',
      responses,
      { input: [{ type: 'tool_search_output', tools: [{ type: 'mcp', server_label: 's', server_url: 'http://a.example' }] }] },
      [{ type: 'mcp', name: 's' }],
      [{ type: 'mcp', host: 'a.example' }],
    ],
    ['a mere listing', responses, { input: [{ type: 'mcp_list_tools', tools: [{ name: 'x', input_schema: {} }] }] }, undefined, undefined],
    ['client tool', anthropic, { tools: [{ name: 'f', input_schema: {} }] }, [{ type: 'custom', name: 'f' }], undefined],
    [
      'server tool',
      anthropic,
      { tools: [{ type: 'web_fetch_20260309', name: 'web_fetch' }] },
      [{ type: 'web_fetch_20260309', name: 'web_fetch' }],
      [{ type: 'web_fetch' }],
    ],
    [
      'bash is run by the caller',
      anthropic,
      { tools: [{ type: 'bash_20250124', name: 'bash' }] },
      [{ type: 'bash_20250124', name: 'bash' }],
      undefined,
    ],
    [
      'mcp_servers',
      anthropic,
      { mcp_servers: [{ type: 'url', name: 's', url: 'https://m.example/sse' }], tools: [{ type: 'mcp_toolset', mcp_server_name: 's' }] },
      [
        { type: 'mcp_toolset', name: 's' },
        { type: 'mcp', name: 's' },
      ],
      [{ type: 'mcp', host: 'm.example' }],
    ],
    [
      'added among the messages',
      anthropic,
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'tool_addition', tool: { type: 'tool_definition', definition: { type: 'web_search_20260318', name: 'web_search' } } },
            ],
          },
        ],
      },
      [{ type: 'web_search_20260318', name: 'web_search' }],
      [{ type: 'web_search' }],
    ],
    [
      'carried by a compaction',
      anthropic,
      {
        messages: [
          {
            role: 'assistant',
            content: [{ type: 'compaction', tool_changes: [{ type: 'tool_addition', tool: { definition: { name: 'f' } } }] }],
          },
        ],
      },
      [{ type: 'custom', name: 'f' }],
      undefined,
    ],
  ];
  for (const [name, head, body, tools, egress] of rows) {
    test(name, () => {
      const found = read(body, head);
      assert.ok(typeof found !== 'string', String(found));
      assert.deepEqual([found.facts.tools, found.facts.provider_egress], [tools, egress]);
    });
  }
});

suite('tools that are refused', () => {
  const rows: readonly [string, unknown, string][] = [
    ['a URL with userinfo', { tools: [{ type: 'mcp', server_url: 'https://good.example@evil.example/' }] }, 'parameter.invalid'],
    ['a URL with a backslash', { tools: [{ type: 'mcp', server_url: 'https://good.example\\@evil.example/' }] }, 'parameter.invalid'],
    ['a URL with a tab', { tools: [{ type: 'mcp', server_url: 'https://good.exa\tmple/' }] }, 'parameter.invalid'],
    ['another scheme', { tools: [{ type: 'mcp', server_url: 'file:///etc/passwd' }] }, 'parameter.invalid'],
    ['a server without a URL', { mcp_servers: [{ name: 's' }] }, 'parameter.invalid'],
    ['a type in capitals', { tools: [{ type: 'MCP' }] }, 'parameter.invalid'],
    ['a type with a space', { tools: [{ type: 'mcp ' }] }, 'parameter.invalid'],
    ['two names', { tools: [{ type: 'function', name: 'harmless', function: { name: 'harmful' } }] }, 'parameter.invalid'],
    ['a key that passes for another', { tools: [{ type: 'function', Type: 'mcp', name: 'f' }] }, 'parameter.invalid'],
    [
      'a key that passes for another, in the function',
      { tools: [{ type: 'function', function: { name: 'harmless', Name: 'harmful' } }] },
      'parameter.invalid',
    ],
    ['a key that passes for another, in a legacy function', { functions: [{ name: 'harmless', NAME: 'harmful' }] }, 'parameter.invalid'],
    [
      'a key that passes for another, in a server',
      { mcp_servers: [{ type: 'url', name: 's', url: 'https://good.example', URL: 'https://evil.example' }] },
      'parameter.invalid',
    ],
    [
      'a key that passes for another, in where a shell runs',
      { tools: [{ type: 'shell', environment: { type: 'local', Type: 'container_auto' } }] },
      'parameter.invalid',
    ],
    ['a typed legacy function', { functions: [{ type: 'mcp', name: 'f' }] }, 'parameter.invalid'],
  ];
  for (const [name, body, code] of rows) test(`${name}: ${code}`, () => assert.equal(read(body, responses), code));
});
