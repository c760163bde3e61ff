/** Answers that are remembered, and how long their text may be, in characters. */
const mostAnswers = 256;
const longestText = 4 * 1024;

/**
 * Makes a reader of answers that gives the same object for the same text. A policy has few answers, and most requests get one of them: what is made
 * of an answer afterwards can then be kept as well. What it gives is frozen at every depth, unless the text is a long one.
 */
export function makeAnswerMemo(): (text: string) => unknown {
  const known = new Map<string, unknown>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const value: unknown = JSON.parse(text);
    // So short, it cannot be nested deeper than the call stack.
    if (text.length > longestText) return value;
    if (known.size >= mostAnswers) known.clear();
    known.set(text, freeze(value));
    return value;
  };
}

function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
