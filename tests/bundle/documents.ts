import fc from 'fast-check';

/** Characters that canonical forms are about: escapes, the two separators of JavaScript, both sides of the surrogates, HTML's. */
const text = fc.string({
  unit: fc.constantFrom(
    'a',
    'B',
    '"',
    '\\',
    '/',
    '\b',
    '\f',
    '\n',
    '\u0001',
    '\u001f',
    '\u007f',
    '<',
    '&',
    '>',
    '\u2028',
    '\u2029',
    'é',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\ufffd',
    '𐀀',
    '😀',
    '\0',
  ),
  maxLength: 5,
});
const number = fc.constantFrom(
  '0',
  '-0',
  '1',
  '1.0',
  '1e0',
  '1E+2',
  '1e-7',
  '-1.50',
  '12345678901234567890123',
  '1e400',
  '0.1',
  '9007199254740993',
);
const space = fc.constantFrom('', ' ', '\n\t', '\r\n');

/** A JSON string in one of its spellings. */
const string = fc.tuple(text, fc.boolean()).map(([value, escaped]) => {
  const plain = JSON.stringify(value);
  if (!escaped) return plain;
  return plain.replace(/[^\x20-\x7e]|\//g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`);
});

const { value } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(string, number, fc.constantFrom('true', 'false', 'null')),
    tie('array'),
    tie('object'),
  ),
  array: fc.tuple(space, fc.array(tie('value'), { maxLength: 4 })).map(([gap, items]) => `[${gap}${items.join(`${gap},${gap}`)}${gap}]`),
  object: fc
    .tuple(space, fc.uniqueArray(fc.tuple(string, tie('value')), { maxLength: 5, selector: ([key]) => JSON.parse(key) as string }))
    .map(([gap, members]) => `{${gap}${members.map(([key, inner]) => `${key}${gap}:${gap}${inner}`).join(`${gap},`)}${gap}}`),
}));

/** The text of a JSON object, in any spelling. */
export const document = fc
  .tuple(space, fc.uniqueArray(fc.tuple(string, value), { maxLength: 5, selector: ([key]) => JSON.parse(key) as string }))
  .map(([gap, members]) => `${gap}{${members.map(([key, inner]) => `${key}${gap}:${inner}`).join(`${gap},${gap}`)}}${gap}`);
