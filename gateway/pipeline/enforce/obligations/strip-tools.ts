import { isObject } from '../../../json/is-object.ts';
import type { ToolFact } from '../../../vocabulary/facts.ts';
import type { Draft } from '../draft.ts';
import { holdsOnly, isNames, type Mechanism } from '../mechanism.ts';
import { makeToolMatch, type ToolMatch, toolOf, toolsIn } from '../tool-match.ts';

/**
 * `strip-tools {names?, types?}`: the tools that have such a name or are of such a type are taken out, and with them any tool choice that names one of
 * them or is left with no tool to choose.
 *
 * The policy saw every tool, also those inside a namespace or among the messages. Where one that is to go stands at such a place, taking it out
 * would tear the conversation, so the obligation is blocked: what the policy saw and what was removed must agree, or nothing is sent.
 */
export const stripTools: Mechanism = {
  type: 'strip-tools',
  read(obligation) {
    const { names = [], types = [] } = obligation;
    if (!holdsOnly(obligation, ['names', 'types']) || !isNames(names) || !isNames(types)) return undefined;
    if (obligation['names'] === undefined && obligation['types'] === undefined) return undefined;
    const matches = makeToolMatch(names, types);
    return (draft) => {
      const stripped = strip(draft, matches);
      draft.tools.forEach((tool, index) => {
        if (matches(tool)) draft.stripped.add(index);
      });
      if (!coversAll(stripped, draft.tools.filter(matches))) return 'policy.obligation-blocked';
      if (stripped.some(({ type }) => type === 'web_search') && draft.value('web_search_options') !== undefined) {
        if (draft.isFixed('web_search_options')) return 'policy.conflict';
        draft.remove('web_search_options');
      }
      const names = new Set(stripped.map(({ name }) => name).filter((name) => name !== undefined));
      const noneLeft = draft.stripped.size === draft.tools.length;
      for (const choice of ['tool_choice', 'function_call']) {
        const value = draft.value(choice);
        if (value === undefined || value === null || !(noneLeft || chooses(value, draft, matches, names))) continue;
        if (draft.isFixed(choice)) return 'policy.conflict';
        draft.remove(choice);
      }
      return undefined;
    };
  },
};

/** Takes the tools out of the lists; gives all that are out of them now and match, those that an earlier obligation took included. */
function strip(draft: Draft, matches: ToolMatch): readonly ToolFact[] {
  const out: ToolFact[] = [];
  for (const list of ['tools', 'functions', 'mcp_servers']) {
    const going: number[] = [];
    draft.elements(list).forEach((definition, index) => {
      const [tool, ...inner] =
        list === 'mcp_servers' ? serverOf(definition) : toolsIn(definition, list === 'functions' ? 'openai' : draft.protocol);
      if (tool === undefined || !(draft.isGone(list, index) || matches(tool))) return;
      going.push(index);
      out.push(...[tool, ...inner].filter(matches));
    });
    draft.removeElements(list, going);
  }
  const search: ToolFact = { type: 'web_search' };
  if (isObject(draft.value('web_search_options')) && matches(search)) out.push(search);
  return out;
}

/** Whether each of the tools that the policy saw is among those that were taken out, one for one: a number alone could hide one behind another. */
function coversAll(out: readonly ToolFact[], seen: readonly ToolFact[]): boolean {
  const counts = new Map<string, number>();
  const key = ({ type, name }: ToolFact): string => JSON.stringify([type, name]);
  for (const tool of out) counts.set(key(tool), (counts.get(key(tool)) ?? 0) + 1);
  return seen.every((tool) => {
    const count = counts.get(key(tool)) ?? 0;
    counts.set(key(tool), count - 1);
    return count > 0;
  });
}

function serverOf(server: unknown): readonly ToolFact[] {
  const name = isObject(server) ? server['name'] : undefined;
  return [typeof name === 'string' ? { type: 'mcp', name } : { type: 'mcp' }];
}

/** Whether a tool choice names a tool that has gone: by itself, or in a list of allowed ones. */
function chooses(choice: unknown, draft: Draft, matches: ToolMatch, gone: ReadonlySet<string>): boolean {
  if (typeof choice === 'string') return gone.has(choice) || matches({ type: choice });
  if (!isObject(choice)) return true;
  const allowed = isObject(choice['allowed_tools']) ? choice['allowed_tools'] : choice;
  const list = Array.isArray(allowed['tools']) ? (allowed['tools'] as readonly unknown[]) : [];
  return [choice, ...list].some((named) => {
    const tool = isObject(named) ? toolOf(named, draft.protocol) : undefined;
    return tool !== undefined && (matches(tool) || (tool.name !== undefined && gone.has(tool.name)));
  });
}
