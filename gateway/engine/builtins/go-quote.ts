/** Go's `strconv.Quote`, which Rego values and `%q` are printed with. */

/** What Go calls printable: letters, marks, numbers, punctuation, symbols and the ASCII space. */
const printable = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
const named: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

export function quote(text: string, asciiOnly = false): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  return `"${Array.from(text, (character) => escapeCharacter(character, '"', asciiOnly)).join('')}"`;
}

export function quoteRune(codePoint: number, asciiOnly = false): string {
  const isRune = codePoint >= 0 && codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint > 0xdfff);
  return `'${escapeCharacter(String.fromCodePoint(isRune ? codePoint : 0xfffd), "'", asciiOnly)}'`;
}

export function isPrintable(codePoint: number): boolean {
  return printable.test(String.fromCodePoint(codePoint));
}

/** Whether a text can stand between backquotes unchanged. */
export function canBackquote(text: string): boolean {
  return !/[`\ufeff]|(?!\t)\p{Cc}(?<![\u0080-\u009f])/u.test(text);
}

function escapeCharacter(character: string, mark: string, asciiOnly: boolean): string {
  if (character === mark || character === '\\') return `\\${character}`;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80 ? code >= 0x20 && code < 0x7f : !asciiOnly && printable.test(character)) return character;
  const name = named[character];
  if (name !== undefined) return name;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}
