import type { RegoValue } from '../rego-value.ts';
import type { Builtin } from './builtin.ts';
import { stringAt } from './operands.ts';

const hex = '[0-9a-fA-F]';
const grouped = `(${hex}{8})-(${hex}{4})-(${hex}{4})-(${hex}{4})-(${hex}{12})`;
/** The forms that OPA reads; it does not look at what stands for the braces. */
const forms = [
  new RegExp(`^${grouped}$`),
  new RegExp(`^urn:uuid:${grouped}$`, 'i'),
  new RegExp(`^.${grouped}.$`, 's'),
  new RegExp(`^(${hex}{32})$`),
];
const domains = ['Person', 'Group', 'Org'];
/** Units of 100 ns from the begin of the Gregorian calendar to that of Unix. */
const gregorian = 122_192_928_000_000_000n;

/** The fields of a UUID (RFC 4122); undefined where it is none. */
const parse: Builtin = (args) => {
  const text = stringAt(args, 0);
  const groups = forms.map((form) => form.exec(text)).find((found) => found !== null);
  if (groups === undefined || groups === null || Buffer.byteLength(text) !== text.length) return undefined;
  const bytes = Buffer.from(groups.slice(1).join(''), 'hex');
  const version = bytes.readUInt8(6) >> 4;
  const fields = new Map<RegoValue, RegoValue>([
    ['version', version],
    ['variant', variantOf(bytes.readUInt8(8))],
  ]);
  if (version !== 1 && version !== 2) return fields;
  const node = bytes.subarray(10);
  const time = BigInt(bytes.readUInt32BE(0)) | (BigInt(bytes.readUInt16BE(4)) << 32n) | (BigInt(bytes.readUInt16BE(6) & 0x0fff) << 48n);
  // Go wraps around at 64 bits.
  fields.set('time', BigInt.asIntN(64, (time - gregorian) * 100n));
  fields.set('nodeid', node.toString('hex').replaceAll(/(..)(?!$)/g, '$1-'));
  fields.set('macvariables', macVariables(node.readUInt8(0)));
  fields.set('clocksequence', bytes.readUInt16BE(8) & 0x3fff);
  if (version === 2) {
    fields.set('id', bytes.readUInt32BE(0));
    fields.set('domain', domains[bytes.readUInt8(9)] ?? `Domain${bytes.readUInt8(9)}`);
  }
  return fields;
};

function variantOf(byte: number): string {
  if ((byte & 0xc0) === 0x80) return 'RFC4122';
  if ((byte & 0xe0) === 0xc0) return 'Microsoft';
  return (byte & 0xe0) === 0xe0 ? 'Future' : 'Reserved';
}

function macVariables(byte: number): string {
  return `${(byte & 2) === 0 ? 'global' : 'local'}:${(byte & 1) === 0 ? 'unicast' : 'multicast'}`;
}

export const uuid: readonly (readonly [string, Builtin])[] = [['uuid.parse', parse]];
