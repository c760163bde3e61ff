/** What the demo upstream says: one word is one token, so that counts can be checked by counting. */
export interface Speech {
  readonly words: readonly string[];
  /** The answer was cut at the caller's limit. */
  readonly cut: boolean;
}

/** The same words for the same request, and unmistakably not a model's. */
export function speak(model: string, maxTokens: number | undefined): Speech {
  const limit = maxTokens === undefined ? 'no token limit' : `at most ${maxTokens} tokens`;
  const text = `This is the demo upstream of Regate, not a real model. It was asked for ${model} with ${limit}.`;
  const words = text.split(' ').map((word, index) => (index === 0 ? word : ` ${word}`));
  return maxTokens !== undefined && maxTokens < words.length ? { words: words.slice(0, maxTokens), cut: true } : { words, cut: false };
}

/** A stable stand-in for counting input tokens: a quarter of the JSON text's length. */
export function countTokens(...inputs: readonly unknown[]): number {
  return inputs.reduce<number>((sum, input) => sum + (input === undefined ? 0 : Math.ceil(JSON.stringify(input).length / 4)), 0);
}
