import { type Builtin, BuiltinError } from './builtin.ts';
import { stringAt } from './operands.ts';

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
const urlqueryEncode: Builtin = (args) =>
  encodeURIComponent(stringAt(args, 0))
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

const urlqueryDecode: Builtin = (args) => {
  const text = stringAt(args, 0).replaceAll('+', ' ');
  if (/%(?![0-9a-fA-F]{2})/.test(text)) throw new BuiltinError('invalid URL escape');
  const bytes = Buffer.from(
    text.replaceAll(/%([0-9a-fA-F]{2})|[^%]+/g, (run, hex) => (hex === undefined ? Buffer.from(run).toString('hex') : hex)),
    'hex',
  );
  return strict.decode(bytes);
};

export const encoding: readonly (readonly [string, Builtin])[] = [
  ['base64url.encode_no_pad', base64urlEncodeNoPad],
  ['hex.encode', hexEncode],
  ['hex.decode', hexDecode],
  ['urlquery.encode', urlqueryEncode],
  ['urlquery.decode', urlqueryDecode],
];
