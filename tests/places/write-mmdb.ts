type Node = [number | string | undefined, number | string | undefined];

/**
 * Writes a table in the MaxMind DB format, version 2.0: a binary tree of 24-bit records over IPv6, IPv4 below ::/96, and a data section of maps,
 * texts and numbers. For tests: a handful of networks.
 */
export function writeMmdb(entries: readonly { readonly cidr: string; readonly value: object }[]): Buffer {
  const nodes: Node[] = [[undefined, undefined]];
  const data: Buffer[] = [];
  const offsets = new Map<string, number>();
  let size = 0;
  for (const { cidr, value } of entries) {
    const key = JSON.stringify(value);
    if (!offsets.has(key)) {
      const bytes = encode(value);
      offsets.set(key, size);
      data.push(bytes);
      size += bytes.length;
    }
    insert(nodes, bitsOf(cidr), key);
  }
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [index, records] of nodes.entries()) {
    for (const [side, record] of records.entries()) {
      const target = typeof record === 'string' ? nodes.length + 16 + (offsets.get(record) ?? 0) : (record ?? nodes.length);
      tree.writeUIntBE(target, index * 6 + side * 3, 3);
    }
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    database_type: 'Test',
    description: {},
    ip_version: 6,
    languages: [],
    node_count: nodes.length,
    record_size: 24,
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]);
}

function insert(nodes: Node[], bits: readonly number[], key: string): void {
  let at = 0;
  for (const [depth, bit] of bits.entries()) {
    const node = nodes[at];
    if (node === undefined) throw new Error('the tree is broken');
    if (depth === bits.length - 1) {
      node[bit] = key;
      return;
    }
    let next = node[bit];
    if (typeof next !== 'number') {
      next = nodes.push([undefined, undefined]) - 1;
      node[bit] = next;
    }
    at = next;
  }
}

function bitsOf(cidr: string): readonly number[] {
  const [address = '', prefix = ''] = cidr.split('/');
  const octets = address.includes(':') ? expand(address) : [...new Array<number>(12).fill(0), ...address.split('.').map(Number)];
  const length = Number(prefix) + (address.includes(':') ? 0 : 96);
  return octets.flatMap((octet) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (octet >> bit) & 1)).slice(0, length);
}

function expand(address: string): readonly number[] {
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const all = [...groups(head), ...new Array<string>(8 - groups(head).length - groups(tail).length).fill('0'), ...groups(tail)];
  return all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
}

function encode(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const members = Object.entries(value as object);
  return Buffer.concat([control(7, members.length), ...members.flatMap(([name, member]) => [encode(name), encode(member)])]);
}

/** Types above 7 take a second byte; texts of more than 28 bytes take one more, up to 284. */
function control(type: number, size: number): Buffer {
  const short = Math.min(size, 29);
  const head = type > 7 ? [short, type - 7] : [(type << 5) | short];
  return Buffer.from(size >= 29 ? [...head, size - 29] : head);
}
