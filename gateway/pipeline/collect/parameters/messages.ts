import type { Fields } from './fields.ts';
import { countOf, type ParameterDraft, type Reading } from './reading.ts';

const shared =
  'model messages system tools mcp_servers tool_choice thinking output_config output_format cache_control context_management compaction';

/** Anthropic `POST /messages`. `container`, `thread`, `inference_geo`, `speed` and their like are in `other`. */
export const messages: Reading = {
  known: new Set(`${shared} stream max_tokens temperature top_p top_k stop_sequences metadata service_tier`.split(' ')),
  caps: ['max_tokens'],
  // Zero is meaningful here: it warms the prompt cache and generates nothing.
  leastCap: 0,
  content: ['messages', 'system', 'tools', 'output_config', 'output_format'],
  streams: true,
  read,
};

/** Anthropic `POST /messages/count_tokens`. */
export const countTokens: Reading = {
  known: new Set(shared.split(' ')),
  caps: [],
  leastCap: 0,
  content: messages.content,
  streams: false,
  read,
};

function read(fields: Fields, facts: ParameterDraft): void {
  const count = countOf(fields.list('messages'));
  if (count !== undefined) facts.message_count = count;
  const config = fields.object('output_config');
  const format = fields.object('output_format') ?? (config === undefined ? undefined : fields.object('format', config));
  const type = format === undefined ? undefined : fields.word('type', format);
  if (type !== undefined) facts.response_format = type;
}
