import { isObject } from '../../json/is-object.ts';
import type { ToolFact } from '../../vocabulary/facts.ts';
import type { Protocol } from '../../vocabulary/request.ts';

export type ToolMatch = (tool: ToolFact) => boolean;

/**
 * Which tools are meant. A type means its versions and variants too (`web_search` means `web_search_20250305`, `mcp` means `mcp_toolset`): a policy
 * that forbids web search must not be dodged with next month's version of it.
 */
export function makeToolMatch(names: readonly string[], types: readonly string[]): ToolMatch {
  return ({ type, name }) =>
    (name !== undefined && names.includes(name)) || types.some((forbidden) => type === forbidden || type.startsWith(`${forbidden}_`));
}

/** A tool definition, with those inside it (a namespace holds tools). */
export function toolsIn(definition: unknown, protocol: Protocol): readonly ToolFact[] {
  if (!isObject(definition)) return [];
  const inner = Array.isArray(definition['tools']) ? (definition['tools'] as readonly unknown[]) : [];
  const nested = definition['type'] === 'namespace' ? inner.flatMap((tool) => toolsIn(tool, protocol)) : [];
  return [toolOf(definition, protocol), ...nested];
}

/** The type and name of a definition, or of a tool choice, in any dialect. */
export function toolOf(definition: Readonly<Record<string, unknown>>, protocol: Protocol): ToolFact {
  const { function: inFunction, custom: inCustom, name, server_label, mcp_server_name, type } = definition;
  const names = [isObject(inFunction) ? inFunction['name'] : undefined, isObject(inCustom) ? inCustom['name'] : undefined];
  const found = [...names, name, server_label, mcp_server_name].find((candidate) => typeof candidate === 'string');
  const kind = typeof type === 'string' ? type : protocol === 'anthropic' ? 'custom' : 'function';
  return typeof found === 'string' ? { type: kind, name: found } : { type: kind };
}
