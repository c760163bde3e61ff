/** Addresses and networks as Go's packages net and net/netip read and write them. */

export interface Address {
  /** 32 or 128. */
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** A network; what its prefix leaves out is zero. */
export interface Network extends Address {
  readonly prefix: number;
}

const mapped = 0xffffn;

/** IPv4 without zeros in front, or IPv6 without a zone. */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parseV4(text);
    return value === undefined ? undefined : { bits: 32, value };
  }
  const value = parseV6(text);
  return value === undefined ? undefined : { bits: 128, value };
}

function parseV4(text: string): bigint | undefined {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (found === null) return undefined;
  const parts = found.slice(1);
  if (parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith('0')))) return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseV6(text: string): bigint | undefined {
  const dotted = /^(.*:)([^:]*\.[^:]*)$/.exec(text);
  const tail = dotted === null ? undefined : parseV4(dotted[2] ?? '');
  if (dotted !== null && tail === undefined) return undefined;
  const whole = tail === undefined ? text : `${dotted?.[1]}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  const halves = whole.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], rest = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const groups = head.length + rest.length;
  if (halves.length === 2 ? groups > 7 : groups !== 8) return undefined;
  const all = [...head, ...Array<string>(8 - groups).fill('0'), ...rest];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return BigInt(`0x${all.map((group) => group.padStart(4, '0')).join('')}`);
}

/** `address/prefix`, as Go's `net.ParseCIDR`. An IPv4 network written as IPv6 counts as the IPv4 network that it is. */
export function parseNetwork(text: string): Network | undefined {
  const [, front = '', length = ''] = /^([^/]*)\/(\d+)$/.exec(text) ?? [];
  const address = parseAddress(front);
  const prefix = Number(length);
  return address === undefined || length === '' || prefix > address.bits ? undefined : networkOf(address, prefix);
}

export function networkOf({ bits, value }: Address, prefix: number): Network {
  const host = BigInt(bits - prefix);
  return unmap({ bits, value: (value >> host) << host, prefix });
}

function unmap(network: Network): Network {
  if (network.bits === 32 || network.value >> 32n !== mapped) return network;
  return { bits: 32, value: network.value & 0xffffffffn, prefix: network.prefix - 96 };
}

/** An address as a network of one, likewise. */
export function aloneIn(address: Address): Network {
  return networkOf(address, address.bits);
}

export function contains(network: Network, other: Network): boolean {
  const host = BigInt(network.bits - network.prefix);
  return network.bits === other.bits && network.prefix <= other.prefix && network.value >> host === other.value >> host;
}

export function formatAddress({ bits, value }: Address): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
  if (value >> 32n === mapped) return formatAddress({ bits: 32, value: value & 0xffffffffn });
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
  const [start, length] = longestZeros(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

/** The first of the longest runs (RFC 5952, section 4.2). */
function longestZeros(groups: readonly string[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (groups[start + length] === '0') length += 1;
    if (length > best[1]) best = [start, length];
  }
  return best;
}
