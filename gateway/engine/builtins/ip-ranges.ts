import { formatAddress } from './ip.ts';
import { limitMembers } from './limits.ts';

/** Addresses from the first to the last. */
export interface Range {
  readonly bits: 32 | 128;
  readonly first: bigint;
  readonly last: bigint;
  /** The network that the range is, where it is one. */
  readonly text?: string;
}

const maps = 0xffffn << 32n;

/** IPv4 lies in IPv6 where its mapped form does. */
const inV6 = ({ bits }: Range, value: bigint) => (bits === 32 ? value | maps : value);

/** Joins ranges that meet or overlap, and writes each as the fewest networks. */
export function mergeRanges(ranges: readonly Range[]): string[] {
  const sorted = [...ranges].sort((a, b) => sign(inV6(a, a.last) - inV6(b, b.last)) || sign(inV6(a, a.first) - inV6(b, b.first)));
  // From the end, a range joins the one before it; the result may join the next.
  const merged: Range[] = [];
  let current = sorted.pop();
  while (current !== undefined) {
    const before = sorted.pop();
    if (before === undefined || inV6(current, previous(current)) > inV6(before, before.last)) {
      merged.push(current);
      current = before;
    } else {
      current = join(before, current);
    }
  }
  const texts = new Set(merged.flatMap((range) => (range.text === undefined ? networksOf(range) : [range.text])));
  limitMembers(texts.size);
  return [...texts];
}

function previous({ first }: Range): bigint {
  return first === 0n ? first : first - 1n;
}

function join(before: Range, after: Range): Range {
  const lower = inV6(before, before.first) < inV6(after, after.first) ? before : after;
  if (lower.bits === after.bits) return { bits: after.bits, first: lower.first, last: after.last };
  if (lower.bits === 128) return { bits: 128, first: lower.first, last: inV6(after, after.last) };
  throw new Error('a range from IPv4 to IPv6 has no networks');
}

/** The largest network that starts at the first address and does not pass the last, and so on. */
function networksOf({ bits, first, last }: Range): string[] {
  const networks: string[] = [];
  for (let at = first; at <= last; ) {
    let host = 0;
    while (host < bits && at % (2n << BigInt(host)) === 0n && at + (2n << BigInt(host)) - 1n <= last) host += 1;
    networks.push(`${formatAddress({ bits, value: at })}/${bits - host}`);
    at += 1n << BigInt(host);
  }
  return networks;
}

function sign(value: bigint): number {
  return value > 0n ? 1 : value < 0n ? -1 : 0;
}
