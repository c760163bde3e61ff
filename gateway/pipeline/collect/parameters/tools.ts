import { isObject } from '../../../json/is-object.ts';
import type { EgressFact, ToolFact } from '../../../vocabulary/facts.ts';
import type { Protocol } from '../../../vocabulary/request.ts';
import { egressOfServer, egressOfTool, family } from './egress.ts';
import { type Fields, type JsonObject, passesFor } from './fields.ts';

/** More tools than this would make the policy's input and the record grow beyond reason. */
const mostTools = 1024;

export interface ToolFacts {
  readonly tools: readonly ToolFact[];
  readonly egress: readonly EgressFact[];
}

/**
 * Lists every tool that a request makes available to the model, wherever it says so: `tools`, the older `functions`, `mcp_servers`,
 * `web_search_options`, tools inside a namespace, and the definitions that may stand among the messages (`additional_tools` and
 * `tool_search_output` items, `tool_addition` blocks and compactions that carry them). A policy that forbids a tool must see all of them.
 */
export function readTools(fields: Fields, protocol: Protocol): ToolFacts {
  const tools: ToolFact[] = [];
  const egress: EgressFact[] = [];
  const define = (definition: unknown): void => {
    if (tools.length >= mostTools || !isObject(definition)) fields.fail('parameter.invalid');
    if (fields.problem !== undefined || !isObject(definition)) return;
    const tool = readTool(fields, definition, protocol);
    if (tool === undefined) return;
    tools.push(tool);
    egress.push(...egressOfTool(fields, tool.type, definition));
    if (tool.type === 'namespace') for (const inner of fields.list('tools', definition) ?? []) define(inner);
  };
  for (const definition of fields.list('tools') ?? []) define(definition);
  for (const legacy of fields.list('functions') ?? []) {
    if (isObject(legacy) && !('type' in legacy)) define({ ...legacy, type: 'function' });
    else fields.fail('parameter.invalid');
  }
  for (const server of fields.list('mcp_servers') ?? []) {
    if (!isObject(server) || tools.length >= mostTools) fields.fail('parameter.invalid');
    else {
      for (const name of Object.keys(server)) if (passesFor(name, serverNames)) fields.fail('parameter.invalid');
      tools.push(withName('mcp', fields.word('name', server)));
      egress.push(...egressOfServer(fields, server));
    }
  }
  if (fields.object('web_search_options') !== undefined) {
    tools.push({ type: 'web_search' });
    egress.push({ type: 'web_search' });
  }
  for (const definition of definitionsAmongMessages(fields)) define(definition);
  return { tools, egress };
}

const toolNames: ReadonlySet<string> = new Set(
  'type name function custom model svg tools server_label mcp_server_name server_url connector_id tunnel_id environment'.split(' '),
);

const innerNames: ReadonlySet<string> = new Set(['name', 'type']);
const serverNames: ReadonlySet<string> = new Set(['name', 'url', 'type']);

function readTool(fields: Fields, definition: JsonObject, protocol: Protocol): ToolFact | undefined {
  for (const name of Object.keys(definition)) if (passesFor(name, toolNames)) return fields.fail('parameter.invalid');
  const type = fields.word('type', definition) ?? (protocol === 'anthropic' ? 'custom' : 'function');
  if (!/^[a-z0-9_.:-]{1,64}$/.test(type)) return fields.fail('parameter.invalid');
  // Tools that call another model: the advisor names one, image generation names one or leaves it to the provider.
  const svg = definition['svg'];
  if (isGiven(definition['model']) || (isObject(svg) && isGiven(svg['model']))) return fields.fail('model.undeterminable');
  if (['advisor', 'image_generation'].includes(family(type))) return fields.fail('model.undeterminable');
  const names = new Set<string>();
  const inside = ['function', 'custom'].map((name) => fields.object(name, definition));
  for (const object of [...inside, fields.object('environment', definition)]) {
    for (const name of Object.keys(object ?? {})) if (passesFor(name, innerNames)) return fields.fail('parameter.invalid');
  }
  for (const [from, key] of [
    ...inside.map((object) => [object, 'name'] as const),
    [definition, 'name'] as const,
    [definition, 'server_label'] as const,
    [definition, 'mcp_server_name'] as const,
  ]) {
    const name = from === undefined ? undefined : fields.word(key, from);
    if (name !== undefined) names.add(name);
  }
  // Two names for one tool: a policy would judge the one, the backend might go by the other.
  if (names.size > 1) return fields.fail('parameter.invalid');
  return withName(type, names.values().next().value);
}

function withName(type: string, name: string | undefined): ToolFact {
  return name === undefined ? { type } : { type, name };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Tool definitions that the dialects allow inside the conversation. A listing of a remote server's tools (`mcp_list_tools`) defines none. */
function* definitionsAmongMessages(fields: Fields): Iterable<unknown> {
  for (const item of asList(fields.value['input'])) {
    if (isObject(item) && Array.isArray(item['tools']) && item['type'] !== 'mcp_list_tools') yield* item['tools'] as readonly unknown[];
  }
  for (const message of asList(fields.value['messages'])) {
    if (!isObject(message)) continue;
    for (const block of asList(message['content'])) {
      if (!isObject(block)) continue;
      for (const change of [block, ...asList(block['tool_changes'])]) {
        if (isObject(change) && isObject(change['tool']) && isGiven(change['tool']['definition'])) yield change['tool']['definition'];
      }
    }
  }
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
