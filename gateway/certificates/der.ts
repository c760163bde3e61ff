/** One element of DER (ITU-T X.690): its tag and where its content lies. */
export interface Element {
  /** The identifier octet; tags above 30, which certificates do not have, are refused. */
  readonly tag: number;
  readonly content: Buffer;
  /** The whole element, tag and length included. */
  readonly whole: Buffer;
}

/** The bytes are not DER, or not what the standard says must stand here. The message holds nothing of the bytes. */
export class MalformedDer extends Error {
  override readonly name = 'MalformedDer';
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

/**
 * Reads the element at the beginning of some bytes. Only DER is taken: definite lengths in their shortest form, so that two readers can never
 * see two certificates in the same bytes.
 *
 * @throws MalformedDer
 */
export function readElement(bytes: Buffer): Element {
  const tag = bytes[0];
  const first = bytes[1];
  if (tag === undefined || first === undefined) throw new MalformedDer('the bytes end early');
  if ((tag & 0x1f) === 0x1f) throw new MalformedDer('a tag that no certificate has');
  let start = 2;
  let length = first;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0 || octets > 4) throw new MalformedDer('a length that DER does not have');
    if (bytes.length < 2 + octets) throw new MalformedDer('the bytes end early');
    length = bytes.readUIntBE(2, octets);
    start = 2 + octets;
    if (length < 0x80 || length < 2 ** (8 * (octets - 1))) throw new MalformedDer('a length that is not in its shortest form');
  }
  if (bytes.length < start + length) throw new MalformedDer('the bytes end early');
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(0, start + length) };
}

/** Reads an element that the bytes hold and nothing else. */
export function readOnly(bytes: Buffer, tag?: number): Element {
  const element = readElement(bytes);
  if (element.whole.length !== bytes.length) throw new MalformedDer('bytes after the end');
  if (tag !== undefined && element.tag !== tag) throw new MalformedDer('another type than the standard says');
  return element;
}

/** Reads the elements of a constructed one. */
export function readChildren(content: Buffer): Element[] {
  const children: Element[] = [];
  for (let rest = content; rest.length > 0; ) {
    const child = readElement(rest);
    children.push(child);
    rest = rest.subarray(child.whole.length);
  }
  return children;
}

/** @throws MalformedDer where it is not there, or of another type */
export function expect(element: Element | undefined, tag: number): Element {
  if (element === undefined || element.tag !== tag) throw new MalformedDer('another type than the standard says');
  return element;
}

/** An object identifier in dotted form. */
export function readOid({ content }: Element): string {
  const arcs: number[] = [];
  let value = 0;
  for (const [at, octet] of content.entries()) {
    if (value === 0 && octet === 0x80) throw new MalformedDer('an object identifier that is not in its shortest form');
    value = value * 128 + (octet & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER / 128) throw new MalformedDer('an object identifier that is too long');
    if (octet >= 0x80) {
      if (at === content.length - 1) throw new MalformedDer('the bytes end early');
      continue;
    }
    if (arcs.length === 0) arcs.push(Math.min(Math.floor(value / 40), 2), value - 40 * Math.min(Math.floor(value / 40), 2));
    else arcs.push(value);
    value = 0;
  }
  if (arcs.length === 0) throw new MalformedDer('an empty object identifier');
  return arcs.join('.');
}

export function readBoolean({ content }: Element): boolean {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new MalformedDer('a truth value that is neither');
  return content[0] === 0xff;
}

/** An integer, in the hexadecimal form in which serial numbers are compared: lower-case, no leading zeros, the sign octet dropped. */
export function readSerial({ content }: Element): string {
  // RFC 5280 section 4.1.2.2: at most 20 octets, and one for the sign.
  if (content.length === 0 || content.length > 21) throw new MalformedDer('a serial number of a wrong length');
  return content.toString('hex').replace(/^0+(?=.)/, '');
}

/** A small integer that is not negative. */
export function readCount({ content }: Element): number {
  if (content.length === 0 || content.length > 4 || (content[0] ?? 0) >= 0x80) throw new MalformedDer('a number that cannot stand here');
  return content.readUIntBE(0, content.length);
}

/** The bits of a named-bit list, bit 0 first (RFC 5280: `KeyUsage`). */
export function readBits({ content }: Element): readonly boolean[] {
  const unused = content[0];
  if (unused === undefined || unused > 7) throw new MalformedDer('a bit string that is none');
  const bits = [...content.subarray(1)].flatMap((octet) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => ((octet >> bit) & 1) === 1));
  return bits.slice(0, bits.length - unused);
}

const utcForm = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
const generalizedForm = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;

/** RFC 5280 section 4.1.2.5: UTCTime up to 2049, GeneralizedTime after it, both in UTC with seconds. @returns milliseconds since the epoch */
export function readTime({ tag, content }: Element): number {
  const match = (tag === tags.utcTime ? utcForm : tag === tags.generalizedTime ? generalizedForm : /^$/).exec(content.toString('latin1'));
  if (match?.[1] === undefined) throw new MalformedDer('a time that is not in the form of the standard');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const full = tag === tags.utcTime ? year + (year < 50 ? 2000 : 1900) : year;
  const text = `${String(full).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  const at = new Date(0);
  at.setUTCFullYear(full, month - 1, day);
  at.setUTCHours(hour, minute, second, 0);
  // A 30th of February would otherwise become a day in March.
  if (!at.toISOString().startsWith(text) || hour > 23 || minute > 59 || second > 59) throw new MalformedDer('a time that there is not');
  return at.getTime();
}
