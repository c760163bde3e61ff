import type { Protocol } from '../../vocabulary/request.ts';

/** What of the headers tells the dialect. */
export interface DialectHints {
  readonly anthropicVersion: boolean;
  readonly authorization: boolean;
  readonly apiKey: boolean;
}

const openaiOnly = ['/v1/chat/', '/v1/completions', '/v1/responses', '/v1/embeddings'] as const;

/**
 * Says in which dialect a request is to be read and answered. `/v1/models` exists in both: there `anthropic-version`, which the Anthropic SDKs
 * always send, decides; without it a lone `x-api-key` does, which no OpenAI SDK sends.
 *
 * @param path the target up to its query, as it came
 */
export function chooseDialect(path: string, hints: DialectHints): Protocol {
  if (hints.anthropicVersion || path.startsWith('/v1/messages')) return 'anthropic';
  if (!hints.apiKey || hints.authorization) return 'openai';
  return openaiOnly.some((prefix) => path.startsWith(prefix)) ? 'openai' : 'anthropic';
}
