/**
 * Where a run stands in a list, overlaps included. The search of Knuth, Morris and Pratt: both may come from a caller, and the plain search is
 * quadratic.
 * @param part at least one member
 */
export function* occurrences(whole: readonly string[], part: readonly string[]): Generator<number, undefined> {
  const fallback = [0];
  for (let at = 1, length = 0; at < part.length; at += 1) {
    while (length > 0 && part[at] !== part[length]) length = fallback[length - 1] ?? 0;
    if (part[at] === part[length]) length += 1;
    fallback.push(length);
  }
  let matched = 0;
  for (const [at, member] of whole.entries()) {
    while (matched > 0 && member !== part[matched]) matched = fallback[matched - 1] ?? 0;
    if (member === part[matched]) matched += 1;
    if (matched === part.length) {
      yield at - part.length + 1;
      matched = fallback[matched - 1] ?? 0;
    }
  }
}
