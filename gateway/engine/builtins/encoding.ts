import { type Builtin, BuiltinError } from './builtin.ts';
import { toJson } from './json.ts';
import { membersAt, objectAt, stringAt } from './operands.ts';
import { compareStrings } from './order.ts';

/**
 * A Go string may hold any bytes, ours only characters. What decodes to something else fails the evaluation: a value that is not OPA's, or an
 * undefined one, could let a rule that denies pass by.
 */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const base64urlEncodeNoPad: Builtin = (args) => Buffer.from(stringAt(args, 0)).toString('base64url');

const hexEncode: Builtin = (args) => Buffer.from(stringAt(args, 0)).toString('hex');

const hexDecode: Builtin = (args) => {
  const text = stringAt(args, 0);
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw new BuiltinError('not hexadecimal');
  return strict.decode(Buffer.from(text, 'hex'));
};

/** As Go's `url.QueryEscape`: a space is `+`, and nothing but letters, digits and `-_.~` stands for itself. */
function escapeQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

const urlqueryEncode: Builtin = (args) => escapeQuery(stringAt(args, 0));

function unescapeQuery(escaped: string): string {
  return unescapePercent(escaped.replaceAll('+', ' '));
}

/**
 * Undoes `%20` and its like.
 * @throws BuiltinError for a percent sign that begins no escape; TypeError for bytes that are no text
 */
export function unescapePercent(text: string): string {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) throw new BuiltinError('invalid URL escape');
  if (!text.includes('%')) return text;
  const bytes = Buffer.from(
    text.replaceAll(/%([0-9a-fA-F]{2})|[^%]+/g, (run, hex) => (hex === undefined ? Buffer.from(run).toString('hex') : hex)),
    'hex',
  );
  return strict.decode(bytes);
}

const urlqueryDecode: Builtin = (args) => unescapeQuery(stringAt(args, 0));

/** Keys in order; a member is a text, or an array or a set of texts. */
const urlqueryEncodeObject: Builtin = (args) => {
  const pairs: [string, string][] = [];
  for (const [key, member] of objectAt(args, 0)) {
    const values = typeof member === 'string' ? [member] : membersAt([member], 0);
    const name = typeof key === 'string' ? key : toJson(key);
    for (const value of values) pairs.push([name, stringAt([value], 0)]);
  }
  return pairs
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([key, value]) => `${escapeQuery(key)}=${escapeQuery(value)}`)
    .join('&');
};

/** Go takes no query with more. */
const mostParameters = 10_000;

const urlqueryDecodeObject: Builtin = (args) => {
  const parameters = stringAt(args, 0).split('&');
  if (parameters.length > mostParameters) throw new BuiltinError('too many parameters');
  const object = new Map<string, string[]>();
  for (const parameter of parameters) {
    if (parameter.includes(';')) throw new BuiltinError('invalid semicolon separator in query');
    if (parameter === '') continue;
    const at = parameter.indexOf('=');
    const key = unescapeQuery(at < 0 ? parameter : parameter.slice(0, at));
    const values = object.get(key) ?? [];
    object.set(key, values);
    values.push(at < 0 ? '' : unescapeQuery(parameter.slice(at + 1)));
  }
  return object;
};

export const encoding: readonly (readonly [string, Builtin])[] = [
  ['base64url.encode_no_pad', base64urlEncodeNoPad],
  ['hex.encode', hexEncode],
  ['hex.decode', hexDecode],
  ['urlquery.encode', urlqueryEncode],
  ['urlquery.decode', urlqueryDecode],
  ['urlquery.encode_object', urlqueryEncodeObject],
  ['urlquery.decode_object', urlqueryDecodeObject],
];
