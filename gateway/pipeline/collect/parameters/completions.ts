import { countOf, type Reading } from './reading.ts';

/** OpenAI `POST /completions`, the older text completion. `best_of` multiplies the price, so it is in `other`. A list of numbers is one prompt in tokens. */
export const completions: Reading = {
  known: new Set(
    (
      'model prompt stream stream_options max_tokens temperature top_p n echo frequency_penalty presence_penalty logit_bias logprobs seed ' +
      'stop suffix user'
    ).split(' '),
  ),
  caps: ['max_tokens'],
  leastCap: 1,
  content: ['prompt', 'suffix'],
  streams: true,
  read(fields, facts) {
    const count = promptsOf(fields.value['prompt']);
    if (count !== undefined) facts.message_count = count;
  },
};

/** How many texts an `input` or `prompt` holds: text, list of texts, tokens, list of lists of tokens. */
export function promptsOf(value: unknown): number | undefined {
  return Array.isArray(value) && typeof value[0] === 'number' ? 1 : countOf(value);
}
