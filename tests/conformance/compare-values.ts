import { Decimal, formatRegoValue, parseRegoValue, type RegoValue } from '../../gateway/engine/rego-value.ts';

/**
 * Whether the bindings that came are those that OPA's case wants, written as JSON. A set came where the JSON has an array, in any order; numbers
 * are the same if their values are, whatever their form.
 * @param asSets takes arrays that are the value of a binding as sets
 */
export function isSame(want: string, got: string, asSets: boolean): boolean {
  const [wanted, came] = [parseRegoValue(want), parseRegoValue(got)];
  if (!Array.isArray(wanted) || !Array.isArray(came)) throw new TypeError('not a list of bindings');
  // The bindings are a set themselves; solutions that bind nothing else are one.
  const distinct = (list: RegoValue[]) => new Map(list.map((binding) => [formatRegoValue(binding), asSets ? loosen(binding) : binding]));
  return matchAll([...distinct(wanted).values()], [...distinct(came).values()]);
}

function loosen(binding: RegoValue): RegoValue {
  if (!(binding instanceof Map)) return binding;
  return new Map([...binding].map(([name, value]) => [name, Array.isArray(value) ? new Set<RegoValue>(value) : value]));
}

function same(want: RegoValue, got: RegoValue): boolean {
  if (got instanceof Set) return (Array.isArray(want) || want instanceof Set) && matchAll([...want], [...got]);
  if (Array.isArray(got)) return Array.isArray(want) && want.length === got.length && got.every((item, at) => same(want[at] ?? null, item));
  if (got instanceof Map) {
    // In JSON, a key of any other type is its own JSON text.
    return (
      want instanceof Map &&
      want.size === got.size &&
      [...got].every(([key, value]) => {
        const name = keyOf(key);
        return want.has(name) && same(want.get(name) ?? null, value);
      })
    );
  }
  if (typeof got === 'string' || typeof got === 'boolean' || got === null) return want === got;
  return isNumber(want) && isNumber(got) && decimal(want) === decimal(got);
}

function keyOf(key: RegoValue): string {
  return key instanceof Map
    ? `{${[...key].map(([inner, value]) => `${JSON.stringify(keyOf(inner))}:${formatRegoValue(value)}`).join()}}`
    : typeof key === 'string'
      ? key
      : formatRegoValue(key);
}

/** Whether each has a partner of its own on the other side. */
function matchAll(want: readonly RegoValue[], got: readonly RegoValue[]): boolean {
  const left = [...got];
  return (
    want.length === got.length &&
    want.every((one) => {
      const at = left.findIndex((other) => same(one, other));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    })
  );
}

function isNumber(value: RegoValue): value is number | bigint | Decimal {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal;
}

/** Digits without zeros at either end, and the power of ten. */
function decimal(value: number | bigint | Decimal): string {
  const literal = value instanceof Decimal ? value.literal : String(value);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(literal) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const short = digits.replace(/0+$/, '');
  if (short === '') return '0';
  return `${sign}${short}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - short.length)}`;
}
