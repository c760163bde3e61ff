import { promptsOf } from './completions.ts';
import type { Reading } from './reading.ts';

/** OpenAI `POST /embeddings`. */
export const embeddings: Reading = {
  known: new Set(['model', 'input', 'dimensions', 'encoding_format', 'user']),
  caps: [],
  leastCap: 1,
  content: ['input'],
  streams: false,
  read(fields, facts) {
    const count = promptsOf(fields.value['input']);
    if (count !== undefined) facts.message_count = count;
  },
};
