/** Go's `strconv.FormatFloat`: the same digits, rounded half to even from the exact value, which JavaScript's own methods do not do. */

interface Digits {
  /** Without zeros in front. */
  readonly digits: string;
  /** The value is 0.digits × 10^point. */
  readonly point: number;
}

const view = new DataView(new ArrayBuffer(8));

/** Significand and exponent: the value is significand × 2^exponent. */
function parts(value: number): { significand: bigint; exponent: number } {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  return biased === 0 ? { significand: fraction, exponent: -1074 } : { significand: fraction | (1n << 52n), exponent: biased - 1075 };
}

function exact(value: number): Digits {
  const { significand, exponent } = parts(value);
  if (significand === 0n) return { digits: '', point: 0 };
  const [number, scale] = exponent >= 0 ? [significand << BigInt(exponent), 0] : [significand * 5n ** BigInt(-exponent), -exponent];
  const text = String(number);
  return { digits: text.replace(/0+$/, ''), point: text.length - scale };
}

function shortest(value: number): Digits {
  if (value === 0) return { digits: '', point: 0 };
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

function round({ digits, point }: Digits, keep: number): Digits {
  if (keep >= digits.length) return { digits, point };
  if (keep < 0) return { digits: '', point };
  const tail = digits.slice(keep);
  const isHalf = tail === '5';
  const isOdd = keep > 0 && Number(digits[keep - 1]) % 2 === 1;
  const up = isHalf ? isOdd : tail.charCodeAt(0) >= 0x35;
  const head = digits.slice(0, keep);
  if (!up) return { digits: head.replace(/0+$/, ''), point };
  const raised = String(BigInt(head === '' ? '0' : head) + 1n).padStart(keep, '0');
  return { digits: raised.replace(/0+$/, ''), point: point + raised.length - keep };
}

/**
 * @param value finite, not negative
 * @param verb `b`, `e`, `E`, `f`, `g`, `G`, `x` or `X`
 * @param precision digits after the point, for `g` significant ones; -1 for as many as tell the value apart
 */
export function formatFloat(value: number, verb: string, precision: number): string {
  switch (verb) {
    case 'b': {
      const { significand, exponent } = parts(value);
      return `${significand}p${exponent < 0 ? '' : '+'}${exponent}`;
    }
    case 'x':
    case 'X': {
      const text = hexadecimal(value, precision);
      return verb === 'X' ? text.toUpperCase() : text;
    }
    case 'f': {
      if (precision < 0) return plain(shortest(value));
      const whole = exact(value);
      return plain(round(whole, whole.point + precision), precision);
    }
    case 'e':
    case 'E':
      return precision < 0 ? scientific(shortest(value), verb) : scientific(round(exact(value), precision + 1), verb, precision);
    default:
      return general(value, verb === 'G' ? 'E' : 'e', precision);
  }
}

function general(value: number, e: string, precision: number): string {
  const significant = Math.max(precision, 1);
  const digits = precision < 0 ? shortest(value) : round(exact(value), significant);
  const many = digits.digits.length;
  const limit = precision < 0 ? 6 : significant > many && many >= digits.point ? many : significant;
  const exponent = digits.point - 1;
  return exponent < -4 || exponent >= limit ? scientific(digits, e) : plain(digits);
}

/** @param places digits after the point; as many as there are, unless given */
function plain({ digits, point }: Digits, places = Math.max(digits.length - point, 0)): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (places === 0) return whole;
  const fraction = point >= 0 ? digits.slice(point) : `${'0'.repeat(Math.min(-point, places))}${digits}`;
  return `${whole}.${(digits === '' ? '' : fraction).slice(0, places).padEnd(places, '0')}`;
}

function scientific({ digits, point }: Digits, e: string, places = Math.max(digits.length - 1, 0)): string {
  const exponent = digits === '' ? 0 : point - 1;
  const first = digits === '' ? '0' : digits.slice(0, 1);
  const rest = places === 0 ? '' : `.${digits.slice(1, places + 1).padEnd(places, '0')}`;
  return `${first}${rest}${e}${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function hexadecimal(value: number, precision: number): string {
  let { significand, exponent } = parts(value);
  if (significand === 0n) return `0x0${precision > 0 ? `.${'0'.repeat(precision)}` : ''}p+00`;
  while (significand < 1n << 52n) {
    significand <<= 1n;
    exponent -= 1;
  }
  exponent += 52;
  if (precision >= 0 && precision < 13) {
    const shift = BigInt((13 - precision) * 4);
    const extra = significand & ((1n << shift) - 1n);
    significand >>= shift;
    const half = 1n << (shift - 1n);
    if (extra > half || (extra === half && significand % 2n === 1n)) significand += 1n;
    significand <<= shift;
    if (significand >= 1n << 53n) {
      significand >>= 1n;
      exponent += 1;
    }
  }
  let fraction = (significand & ((1n << 52n) - 1n)).toString(16).padStart(13, '0');
  fraction = precision < 0 ? fraction.replace(/0+$/, '') : fraction.slice(0, precision).padEnd(precision, '0');
  return `0x1${fraction === '' ? '' : `.${fraction}`}p${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
