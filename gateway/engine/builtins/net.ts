import type { RegoValue } from '../rego-value.ts';
import { type Builtin, BuiltinError } from './builtin.ts';
import { aloneIn, contains, formatAddress, type Network, networkOf, parseAddress, parseNetwork } from './ip.ts';
import { mergeRanges, type Range } from './ip-ranges.ts';
import { BuiltinLimit, limitMembers } from './limits.ts';
import { membersAt, stringAt } from './operands.ts';

/** Comparisons that one call may make. */
const mostPairs = 1_000_000;

const isValid: Builtin = ([text]) => typeof text === 'string' && parseNetwork(text) !== undefined;

const expand: Builtin = (args) => {
  const { bits, value, prefix } = readNetwork(stringAt(args, 0));
  const count = 1n << BigInt(bits - prefix);
  limitMembers(count);
  return new Set(Array.from({ length: Number(count) }, (_, index) => formatAddress({ bits, value: value + BigInt(index) })));
};

function readNetwork(text: string): Network {
  const network = parseNetwork(text);
  if (network === undefined) throw new BuiltinError('not a CIDR');
  return network;
}

/** What the two operands of `cidr_contains_matches` are searched by: a network, and what the result calls it. */
type Entry = readonly [text: RegoValue, name: RegoValue];

function entriesOf(operand: RegoValue): readonly (() => Entry)[] {
  if (typeof operand === 'string') return [() => [operand, operand]];
  if (Array.isArray(operand)) return operand.map((member, index) => () => [textOf(member), index]);
  if (operand instanceof Set) return [...operand].map((member) => () => [textOf(member), member]);
  if (operand instanceof Map)
    return [...operand].map(([key, member]) => () => [textOf(member), key]);
  return [];
}

function textOf(member: RegoValue): RegoValue {
  if (typeof member === 'string') return member;
  const [first] = Array.isArray(member) ? member : [];
  if (first === undefined) throw new BuiltinError('element must be string or non-empty array');
  return first;
}

/** Every pair of a network and an address or network that it contains. What is never compared is never read, as in OPA. */
const containsMatches: Builtin = ([one = null, other = null]) => {
  const [outer, inner] = [entriesOf(one), entriesOf(other)];
  if (outer.length * inner.length > mostPairs) throw new BuiltinLimit(`it would compare more than ${mostPairs} pairs`);
  const found: RegoValue[] = [];
  let read: [Network, RegoValue][] | undefined;
  for (const entry of outer) {
    const [text, name] = entry();
    const network = inner.length === 0 ? undefined : readNetwork(stringAt([text], 0));
    read ??= inner.map((each) => {
      const [part, partName] = each();
      return [readPart(stringAt([part], 0)), partName];
    });
    for (const [part, partName] of read) {
      if (network !== undefined && contains(network, part)) found.push([name, partName]);
    }
    limitMembers(found.length);
  }
  return new Set(found);
};

function readPart(text: string): Network {
  const address = parseAddress(text);
  return address === undefined ? readNetwork(text) : aloneIn(address);
}

/** The fewest networks that hold the same addresses. */
const merge: Builtin = (args) => new Set(mergeRanges(membersAt(args, 0).map(readRange)));

function readRange(member: RegoValue): Range {
  const text = stringAt([member], 0);
  const address = parseAddress(text);
  if (address === undefined) return rangeOf(readNetwork(text), text);
  if (address.bits === 128 && address.value >> 32n !== 0xffffn) throw new BuiltinError('IPv6 invalid: needs prefix length');
  // A bare address stands for the whole network of its class: OPA takes Go's DefaultMask. Unless merged, it keeps its own digits.
  const value = address.value & 0xffffffffn;
  const prefix = value >> 31n === 0n ? 8 : value >> 30n === 2n ? 16 : 24;
  return { ...rangeOf(networkOf({ bits: 32, value }, prefix), ''), text: `${formatAddress({ bits: 32, value })}/${prefix}` };
}

function rangeOf(network: Network, source: string): Range {
  // Go loses its way in IPv4 networks that are written as IPv6.
  if (network.bits === 32 && source.includes(':')) throw new Error('an IPv4 network written as IPv6 cannot be merged');
  const size = 1n << BigInt(network.bits - network.prefix);
  return { bits: network.bits, first: network.value, last: network.value + size - 1n, text: `${formatAddress(network)}/${network.prefix}` };
}

export const net: readonly (readonly [string, Builtin])[] = [
  ['net.cidr_is_valid', isValid],
  ['net.cidr_expand', expand],
  ['net.cidr_contains_matches', containsMatches],
  ['net.cidr_merge', merge],
];
