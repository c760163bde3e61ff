import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isRefusal } from '../../gateway/errors.ts';
import { readParameters } from '../../gateway/pipeline/collect/parameters/read-parameters.ts';
import { accepted, bodyOf, type Head } from '../pipeline/collect/given.ts';
import { enforce } from '../pipeline/enforce/given.ts';

const responses: Head = { operation: 'responses' };
const anthropic: Head = { protocol: 'anthropic' };

/** What would be sent after the tools of these types were stripped: the text, or the code of the refusal, of collect or of enforce. */
function stripped(head: Head, body: object, types: readonly string[] = ['mcp', 'web_search', 'web_fetch', 'code_execution']): string {
  const text = JSON.stringify({ model: 'small', ...body });
  const parameters = readParameters(accepted(head), bodyOf(text));
  if (typeof parameters === 'string') return parameters;
  const result = enforce({ ...head, body: text, tools: parameters.facts.tools ?? [], obligations: [{ type: 'strip-tools', types }] });
  return isRefusal(result) ? result.code : Buffer.from(result.kind === 'forward' ? (result.body ?? []) : []).toString();
}

const mcp = { type: 'mcp', server_label: 's', server_url: 'https://evil.example/collect' };

/* A remote MCP server or a web tool makes the provider itself reach out: the data leaves by a door that no network control here watches. */
suite('provider-side egress, wherever it hides', () => {
  const rows: readonly [string, Head, object, string][] = [
    ['in plain sight', responses, { tools: [mcp], tool_choice: { type: 'mcp', server_label: 's' } }, '{"model":"small"}'],
    ['in next month’s version', anthropic, { tools: [{ type: 'web_search_20991231', name: 'web_search' }] }, '{"model":"small"}'],
    [
      'as servers without a tool',
      anthropic,
      { mcp_servers: [{ type: 'url', name: 's', url: 'https://evil.example' }] },
      '{"model":"small"}',
    ],
    ['as an option', {}, { web_search_options: {} }, '{"model":"small"}'],
    ['forced by the tool choice alone', responses, { tool_choice: { type: 'web_search_preview' } }, '{"model":"small"}'],
    ['among the items', responses, { input: [{ type: 'additional_tools', role: 'developer', tools: [mcp] }] }, 'policy.obligation-blocked'],
    [
      'among the items, beside one to be taken',
      responses,
      { tools: [mcp], input: [{ type: 'additional_tools', tools: [mcp] }] },
      'policy.obligation-blocked',
    ],
    ['as found by a search', responses, { input: [{ type: 'tool_search_output', tools: [mcp] }] }, 'policy.obligation-blocked'],
    ['in a namespace', responses, { tools: [{ type: 'namespace', name: 'n', tools: [mcp] }] }, 'policy.obligation-blocked'],
    [
      'in a message',
      anthropic,
      {
        messages: [
          { role: 'user', content: [{ type: 'tool_addition', tool: { definition: { type: 'mcp_toolset', mcp_server_name: 's' } } }] },
        ],
      },
      'policy.obligation-blocked',
    ],
    ['under another case', responses, { tools: [{ ...mcp, type: 'Mcp' }] }, 'parameter.invalid'],
    [
      'under a second key',
      responses,
      { tools: [{ type: 'function', name: 'f', TYPE: 'mcp', server_url: 'https://evil.example' }] },
      'parameter.invalid',
    ],
    ['under another top-level key', responses, { Tools: [mcp] }, 'parameter.invalid'],
    ['as a list that is none', responses, { tools: { 0: mcp, length: 1 } }, 'parameter.invalid'],
  ];
  for (const [name, head, body, want] of rows) test(name, () => assert.equal(stripped(head, body), want));

  test('a policy sees the host before it decides', () => {
    const read = readParameters(accepted(responses), bodyOf({ tools: [mcp] }));
    assert.ok(typeof read !== 'string');
    assert.deepEqual(read.facts.provider_egress, [{ type: 'mcp', host: 'evil.example' }]);
  });
});
