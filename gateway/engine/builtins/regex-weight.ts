/** `{3}`, `{3,}`, `{3,9}` */
const repeat = /\{(\d{1,9})(?:,(\d{0,9}))?\}/y;
/** Not an operand: a repeat after it means what stands before it. */
const flags = /\(\?[a-zA-Z-]*\)/y;
const posix = /\[:.*?:\]/sy;

/**
 * How large the program of a pattern will be, about and not much less: known before it is compiled, because compiling is what takes the time. Repeats
 * are what makes a short pattern a large program: RE2 writes `x{1000}` out a thousand times. Of a text that is no pattern it says something, too.
 * @returns about as many as RE2's instructions
 */
export function weighPattern(pattern: string): number {
  /** What has been read of each group that is open, the whole pattern first. */
  const open: number[] = [0];
  /** Of what a repeat would repeat. */
  let latest = 0;

  function add(weight: number): void {
    latest = weight;
    open[open.length - 1] = (open.at(-1) ?? 0) + weight;
  }

  for (let at = 0; at < pattern.length; ) {
    const mark = pattern[at];
    flags.lastIndex = at;
    if (mark === '(' && flags.test(pattern)) at = flags.lastIndex;
    else if (mark === '\\') {
      const end = endOfEscape(pattern, at);
      // Quoted text is as many characters, of which a repeat means the last; empty, it is nothing.
      const quoted = pattern[at + 1] === 'Q' ? Math.max(end - at - 4, 0) : 1;
      if (quoted > 1) add(quoted);
      if (quoted > 0) add(1);
      at = end;
    } else if (mark === '[') {
      add(1);
      at = endOfClass(pattern, at);
    } else if (mark === '(') {
      // Two for the capture.
      open.push(2);
      at += 1;
    } else if (mark === ')') {
      const group = open.length > 1 ? (open.pop() ?? 0) : 0;
      add(group);
      at += 1;
    } else {
      repeat.lastIndex = at;
      const found = mark === '{' ? repeat.exec(pattern) : null;
      if (found === null) {
        // What a star repeats may be repeated again.
        const before = mark === '*' || mark === '+' || mark === '?' ? latest : 0;
        add(1);
        latest += before;
      } else {
        const [whole, least = '0', most = ''] = found;
        // Each optional one is an instruction more, and so is the loop of an open end.
        add(latest * Math.max(Number(least), Number(most) * 2, 1));
        at += whole.length - 1;
      }
      at += 1;
    }
  }
  return open.reduce((sum, weight) => sum + weight, 2);
}

function endOfEscape(pattern: string, at: number): number {
  const kind = pattern[at + 1];
  const after = (text: string) => {
    const found = pattern.indexOf(text, at + 2);
    return found === -1 ? pattern.length : found + text.length;
  };
  if (kind === 'Q') return after('\\E');
  const isBraced = (kind === 'p' || kind === 'P' || kind === 'x') && pattern[at + 2] === '{';
  return isBraced ? after('}') : at + 2;
}

function endOfClass(pattern: string, at: number): number {
  let end = at + (pattern[at + 1] === '^' ? 2 : 1);
  // The first of all is a member.
  if (pattern[end] === ']') end += 1;
  while (end < pattern.length && pattern[end] !== ']') {
    posix.lastIndex = end;
    if (posix.test(pattern)) end = posix.lastIndex;
    else if (/[pPdDsSwW]/.test(pattern[end + 1] ?? '') && pattern[end] === '\\') end = endOfEscape(pattern, end);
    else end = endOfRange(pattern, end);
  }
  return end + 1;
}

/** A character, or two with a hyphen in between: the second may be a bracket. */
function endOfRange(pattern: string, at: number): number {
  const end = endOfCharacter(pattern, at);
  const isRange = pattern[end] === '-' && end + 1 < pattern.length && pattern[end + 1] !== ']';
  return isRange ? endOfCharacter(pattern, end + 1) : end;
}

function endOfCharacter(pattern: string, at: number): number {
  if (pattern[at] !== '\\') return at + 1;
  return pattern[at + 1] === 'x' ? endOfEscape(pattern, at) : at + 2;
}
