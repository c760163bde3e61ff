import { isObject } from '../../../json/is-object.ts';
import type { Draft } from '../draft.ts';
import { holdsOnly, type Mechanism } from '../mechanism.ts';

/**
 * `cap-tokens {max}`: the output limit becomes at most this, and is set where the caller set none. Every member that limits the output is capped,
 * since which of two a backend goes by is its own affair. A value below one is not trusted to mean "little": servers read −1 as "no limit".
 *
 * An operation without generated output (embeddings, counting tokens) cannot exceed a cap, so there it is carried out by doing nothing.
 */
export const capTokens: Mechanism = {
  type: 'cap-tokens',
  read(obligation) {
    const max = obligation['max'];
    if (!holdsOnly(obligation, ['max']) || typeof max !== 'number' || !Number.isSafeInteger(max) || max < 1) return undefined;
    return (draft) => {
      const { limits, absent } = limitsOf(draft);
      if (absent === undefined) return undefined;
      const least = draft.protocol === 'anthropic' ? 0 : 1;
      const present = limits.filter((name) => isGiven(draft.value(name)));
      const high = present.filter((name) => !isWithin(draft.value(name), least, max));
      const change = present.length === 0 ? [absent] : high;
      if (change.some((name) => draft.isFixed(name))) return 'policy.conflict';
      for (const name of change) draft.set(name, max);
      // Thinking is paid from the same budget and must leave room in it; a smaller budget would be a change nobody asked for.
      return change.length > 0 && thinkingBudget(draft) >= max ? 'policy.obligation-blocked' : undefined;
    };
  },
};

/** The members that limit the output, and the one to set where none is there. */
function limitsOf({ protocol, operation }: Draft): { readonly limits: readonly string[]; readonly absent?: string } {
  if (operation === 'responses') return { limits: ['max_output_tokens'], absent: 'max_output_tokens' };
  if (operation === 'completions') return { limits: ['max_tokens'], absent: 'max_tokens' };
  if (operation !== 'chat') return { limits: [] };
  if (protocol === 'anthropic') return { limits: ['max_tokens'], absent: 'max_tokens' };
  // The current name: reasoning models of the OpenAI API refuse the older one.
  return { limits: ['max_tokens', 'max_completion_tokens'], absent: 'max_completion_tokens' };
}

function isWithin(value: unknown, least: number, max: number): boolean {
  return typeof value === 'number' && value >= least && value <= max;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function thinkingBudget(draft: Draft): number {
  const thinking = draft.protocol === 'anthropic' ? draft.value('thinking') : undefined;
  if (!isObject(thinking) || thinking['type'] === 'disabled') return 0;
  return typeof thinking['budget_tokens'] === 'number' ? thinking['budget_tokens'] : 0;
}
