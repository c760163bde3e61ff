import { isObject } from '../../json/is-object.ts';
import type { Draft } from './draft.ts';

/**
 * OpenAI's streams tell the usage only where `stream_options.include_usage` asks for it, in one more chunk before the end. It is always asked for:
 * what was spent must be known.
 * @returns whether the caller had not asked, so that the chunk must be taken out of its stream
 */
export function askForUsage(draft: Draft, stream: boolean): boolean {
  if (!stream || draft.protocol !== 'openai' || (draft.operation !== 'chat' && draft.operation !== 'completions')) return false;
  const options = draft.value('stream_options');
  if (isObject(options) && options['include_usage'] === true) return false;
  draft.setInside('stream_options', 'include_usage', true);
  return true;
}
