import type { EgressFact } from '../../../vocabulary/facts.ts';
import type { Fields, JsonObject } from './fields.ts';

/**
 * Tools that the caller's own program runs: the provider does not reach out for them. Every other type, an unknown one too, counts as one for
 * which it does: a new tool of a provider must be seen by the policy before anyone here has heard of it.
 */
const runByCaller: ReadonlySet<string> = new Set(
  (
    'function custom namespace text_editor bash memory local_shell apply_patch tool_search tool_search_tool_bm25 tool_search_tool_regex ' +
    // The servers behind a toolset are listed on their own, from `mcp_servers`.
    'mcp_toolset'
  ).split(' '),
);

/** A tool's type without its version: `web_search_20250305` and `web_search_preview_2025_03_11` are `web_search`. */
export function family(type: string): string {
  return type.replace(/_(\d{8}|\d{4}_\d{2}_\d{2})$/, '').replace(/_preview$/, '');
}

/** Where a tool makes the provider itself reach out, past every control of the network that the caller is in. */
export function egressOfTool(fields: Fields, type: string, definition: JsonObject): readonly EgressFact[] {
  const kind = family(type);
  if (kind === 'mcp') {
    const url = fields.word('server_url', definition);
    const connector = fields.word('connector_id', definition);
    const found: EgressFact[] = [];
    if (url !== undefined || connector === undefined) found.push(url === undefined ? { type: 'mcp' } : withHost(fields, url));
    if (connector !== undefined) found.push({ type: 'connector' });
    return found;
  }
  if (kind === 'shell') return fields.object('environment', definition)?.['type'] === 'local' ? [] : [{ type: 'shell' }];
  return runByCaller.has(kind) ? [] : [{ type: kind }];
}

/** An entry of Anthropic's `mcp_servers`. */
export function egressOfServer(fields: Fields, server: JsonObject): readonly EgressFact[] {
  const url = fields.word('url', server);
  if (url !== undefined) return [withHost(fields, url)];
  fields.fail('parameter.invalid');
  return [];
}

/**
 * The host that a URL names, with its port where it is not the scheme's own. Spellings of which two readers may make two hosts (userinfo,
 * backslashes, control characters, anything but ASCII) are refused.
 */
function withHost(fields: Fields, url: string): EgressFact {
  const parsed = /^https?:\/\/[\x21-\x7e]+$/i.test(url) && !/[\\@]/.test(url) ? URL.parse(url) : null;
  if (parsed === null) fields.fail('parameter.invalid');
  return parsed === null ? { type: 'mcp' } : { type: 'mcp', host: parsed.host };
}
