import type { Flags } from './format-flags.ts';
import { formatFloat } from './go-float.ts';
import { canBackquote, isPrintable, quote, quoteRune } from './go-quote.ts';

/** An operand of `sprintf`: OPA gives Go an int64, a *big.Int, a float64 or a string. */
export type Operand =
  | { readonly type: 'int64' | '*big.Int'; readonly value: bigint }
  | { readonly type: 'float64'; readonly value: number }
  | { readonly type: 'string'; readonly value: string };

const maxRune = 0x10ffffn;
const bases: Readonly<Record<string, number>> = { v: 10, d: 10, s: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

/** Writes one operand as Go's package fmt does, a wrong verb included: `%!d(string=x)`. */
export function formatOperand(operand: Operand, verb: string, flags: Flags): string {
  if (verb === 'T') return fill(operand.type.slice(0, flags.precision), flags);
  switch (operand.type) {
    case 'int64':
      return formatInteger(operand.value, verb, flags) ?? badVerb(operand, verb, flags);
    case '*big.Int':
      return formatBigInteger(operand.value, verb, flags);
    case 'float64':
      return formatReal(operand.value, verb, flags) ?? badVerb(operand, verb, flags);
    default:
      return formatString(operand.value, verb, flags) ?? badVerb(operand, verb, flags);
  }
}

function badVerb(operand: Operand, verb: string, flags: Flags): string {
  return `%!${verb}(${operand.type}=${formatOperand(operand, 'v', flags)})`;
}

/** To the width in characters: with spaces, or on the left with zeros where the flag says so. */
function fill(text: string, { width = 0, minus, zero }: Flags): string {
  const length = width === 0 ? 0 : [...text].length;
  const space = (zero && !minus ? '0' : ' ').repeat(Math.max(width - length, 0));
  return minus ? text + space : space + text;
}

/** As `fill`, where the zeros have been seen to. */
function pad(text: string, flags: Flags): string {
  return fill(text, { ...flags, zero: false });
}

function formatInteger(value: bigint, verb: string, flags: Flags): string | undefined {
  const rune = value >= 0n && value <= maxRune ? Number(value) : 0xfffd;
  switch (verb) {
    case 'c':
      return fill(String.fromCodePoint(rune >= 0xd800 && rune <= 0xdfff ? 0xfffd : rune), flags);
    case 'q':
      return fill(quoteRune(rune, flags.plus), flags);
    case 'U':
      return pad(unicode(value, flags), flags);
    default:
  }
  const base = verb === 's' ? undefined : bases[verb];
  if (base === undefined) return undefined;
  const negative = value < 0n;
  if (flags.precision === 0 && value === 0n) return ' '.repeat(flags.width ?? 0);
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  let digits = (negative ? -value : value).toString(base);
  if (flags.precision !== undefined) digits = digits.padStart(flags.precision, '0');
  else if (flags.zero && !flags.minus && flags.width !== undefined) digits = digits.padStart(flags.width - sign.length, '0');
  if (flags.sharp) digits = prefixOf(base, digits) + digits;
  if (verb === 'O') digits = `0o${digits}`;
  return pad(sign + (verb === 'X' ? digits.toUpperCase() : digits), flags);
}

function prefixOf(base: number, digits: string): string {
  if (base === 2) return '0b';
  if (base === 16) return '0x';
  return base === 8 && !digits.startsWith('0') ? '0' : '';
}

/** `U+0041`, with `#` also `'A'`. Negative numbers count as the unsigned ones of 64 bits. */
function unicode(value: bigint, { sharp, precision = 4 }: Flags): string {
  const text = `U+${BigInt.asUintN(64, value).toString(16).toUpperCase().padStart(Math.max(precision, 4), '0')}`;
  const isShown = sharp && value >= 0n && value <= maxRune && isPrintable(Number(value));
  return isShown ? `${text} '${String.fromCodePoint(Number(value))}'` : text;
}

function formatBigInteger(value: bigint, verb: string, flags: Flags): string {
  const base = bases[verb];
  if (base === undefined) return `%!${verb}(big.Int=${value})`;
  const sign = value < 0n ? '-' : flags.plus || flags.plusV ? '+' : flags.space ? ' ' : '';
  const bare = (value < 0n ? -value : value).toString(base);
  let digits = (verb === 'X' ? bare.toUpperCase() : bare).padStart(flags.precision ?? 0, '0');
  const prefix = verb === 'O' ? '0o' : flags.sharp || flags.sharpV ? ({ b: '0b', o: '0', x: '0x', X: '0X' }[verb] ?? '') : '';
  const missing = (flags.width ?? 0) - sign.length - prefix.length - digits.length;
  if (missing > 0 && flags.zero && !flags.minus && flags.precision === undefined) digits = '0'.repeat(missing) + digits;
  return pad(sign + prefix + digits, flags);
}

function formatReal(value: number, verb: string, flags: Flags): string | undefined {
  const name = verb === 'v' ? 'g' : verb === 'F' ? 'f' : verb;
  if (!'bgGxXfeE'.includes(name)) return undefined;
  const precision = flags.precision ?? ('feE'.includes(name) ? 6 : -1);
  const negative = value < 0 || Object.is(value, -0);
  let digits = formatFloat(Math.abs(value), name, precision);
  if (flags.sharp && name !== 'b') digits = keepPoint(digits, verb === 'v' ? 'g' : name, precision);
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  const room = (flags.width ?? 0) - sign.length - digits.length;
  if (sign !== '' && flags.zero && !flags.minus && room > 0) return sign + '0'.repeat(room) + digits;
  if (flags.zero && !flags.minus && room > 0) return '0'.repeat(room) + digits;
  return pad(sign + digits, flags);
}

/** `#`: always a point, and for `%g` all its significant digits. */
function keepPoint(text: string, verb: string, precision: number): string {
  const tailAt = text.search(verb === 'x' || verb === 'X' ? /[pP]/ : /[eE]/);
  const [head, tail] = tailAt < 0 ? [text, ''] : [text.slice(0, tailAt), text.slice(tailAt)];
  let missing = 'gGx'.includes(verb) ? (precision === -1 ? 6 : precision) : 0;
  const significant = head.replace('.', '').replace(/^0+/, '');
  missing -= significant.length;
  const isZero = head === '0';
  const pointed = head.includes('.') ? head : `${head}.`;
  return pointed + '0'.repeat(Math.max(isZero ? missing - 1 : missing, 0)) + tail;
}

function formatString(value: string, verb: string, flags: Flags): string | undefined {
  const cut = () => (flags.precision === undefined ? value : Array.from(value).slice(0, flags.precision).join(''));
  const quoted = () => fill(flags.sharp && canBackquote(cut()) ? `\`${cut()}\`` : quote(cut(), flags.plus), flags);
  switch (verb) {
    case 'v':
      return flags.sharpV ? fill(quote(cut()), flags) : fill(cut(), flags);
    case 's':
      return fill(cut(), flags);
    case 'q':
      return quoted();
    case 'x':
    case 'X': {
      const text = bytesInHex(value, flags);
      return fill(verb === 'X' ? text.toUpperCase() : text, flags);
    }
    default:
      return undefined;
  }
}

/** Precision counts bytes here. */
function bytesInHex(value: string, { precision, space, sharp }: Flags): string {
  const pairs = Array.from(Buffer.from(value).subarray(0, precision), (byte) => byte.toString(16).padStart(2, '0'));
  if (pairs.length === 0) return '';
  const prefix = sharp ? '0x' : '';
  return space ? pairs.map((pair) => prefix + pair).join(' ') : prefix + pairs.join('');
}
