import { isIP } from 'node:net';

/** Where a connection came from before the proxy; `nobody` where the proxy does not say, or speaks for itself. */
export type Announced = { readonly address: string; readonly port: number } | 'nobody';

export type HeaderResult =
  /** The bytes may yet become a header. */
  | 'more'
  /** They are none. */
  | 'malformed'
  | { readonly announced: Announced /** How many bytes the header has. */; readonly length: number };

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const longestText = 107;
/** Addresses take 36 bytes; the rest is for extensions, which the gateway does not read. */
const longestBody = 2048;
const port = '(0|[1-9]\\d{0,4})';
const textForm = new RegExp(`^PROXY (TCP4|TCP6) ([0-9A-Fa-f:.]{2,45}) ([0-9A-Fa-f:.]{2,45}) ${port} ${port}$`);

/**
 * Reads the header of the PROXY protocol, version 1 or 2, as HAProxy's specification has it, strictly.
 *
 * `UNKNOWN` and `LOCAL` say that nobody is known behind the connection. That is not the proxy itself: whoever is behind it must not have the trust
 * that the proxy has.
 *
 * @param bytes all that has come on the connection so far
 */
export function readProxyHeader(bytes: Buffer): HeaderResult {
  if (bytes.length === 0) return 'more';
  return bytes[0] === signature[0] ? readBinary(bytes) : readText(bytes);
}

function readText(bytes: Buffer): HeaderResult {
  const start = Buffer.from('PROXY ', 'latin1');
  if (!bytes.subarray(0, start.length).equals(start.subarray(0, bytes.length))) return 'malformed';
  const end = bytes.subarray(0, longestText).indexOf('\r\n');
  if (end === -1) return bytes.length < longestText ? 'more' : 'malformed';
  const line = bytes.toString('latin1', 0, end);
  const length = end + 2;
  if (line === 'PROXY UNKNOWN' || line.startsWith('PROXY UNKNOWN ')) return { announced: 'nobody', length };
  const [, family, source = '', destination = '', from, to] = textForm.exec(line) ?? [];
  const version = family === 'TCP4' ? 4 : 6;
  if (family === undefined || isIP(source) !== version || isIP(destination) !== version) return 'malformed';
  if (Number(from) > 65_535 || Number(to) > 65_535) return 'malformed';
  return { announced: { address: source, port: Number(from) }, length };
}

function readBinary(bytes: Buffer): HeaderResult {
  if (!bytes.subarray(0, signature.length).equals(signature.subarray(0, bytes.length))) return 'malformed';
  if (bytes.length < 16) return 'more';
  const command = bytes[12];
  const family = bytes[13];
  const size = bytes.readUInt16BE(14);
  if ((command !== 0x20 && command !== 0x21) || size > longestBody) return 'malformed';
  const length = 16 + size;
  if (bytes.length < length) return 'more';
  if (command === 0x20 || family === 0x00) return { announced: 'nobody', length };
  const body = bytes.subarray(16, length);
  if (family === 0x11 && size >= 12)
    return { announced: { address: [...body.subarray(0, 4)].join('.'), port: body.readUInt16BE(8) }, length };
  if (family === 0x21 && size >= 36) return { announced: { address: writeV6(body), port: body.readUInt16BE(32) }, length };
  // UDP and Unix sockets do not end here.
  return 'malformed';
}

function writeV6(body: Buffer): string {
  return [0, 2, 4, 6, 8, 10, 12, 14].map((at) => body.readUInt16BE(at).toString(16)).join(':');
}
