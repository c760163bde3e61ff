import { keepText } from '../../json/kept-text.ts';
import type { Answer } from '../../vocabulary/decision.ts';
import { readAnswer } from './read-answer.ts';

/** What frozen values were read as. A policy has few answers, and the engine gives the same object for the same one. */
const believed = new WeakMap<object, Answer>();

/**
 * Reads a policy's value as `readAnswer` does, once for each frozen value.
 * @returns an answer that nobody may change: requests share it
 * @throws MalformedAnswer
 */
export function believe(value: unknown): Answer {
  if (typeof value !== 'object' || value === null || !Object.isFrozen(value)) return readAnswer(value);
  const known = believed.get(value);
  if (known !== undefined) return known;
  const answer = freeze(readAnswer(value));
  keepText(answer, JSON.stringify(answer));
  believed.set(value, answer);
  return answer;
}

/** Bounded: `readAnswer` takes nothing that is nested deeply. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
