const dnsName = [0x82, 9, ...Buffer.from('localhost', 'ascii')];
const ipv4 = [0x87, 8, 127, 0, 0, 1, 255, 255, 255, 255];
const ipv6 = [0x87, 32, ...new Array<number>(15).fill(0), 1, ...new Array<number>(16).fill(255)];

/** DER of a SEQUENCE or of another constructed type; short form of the length, which ends at 127 bytes. */
function construct(tag: number, content: readonly number[]): readonly number[] {
  return [tag, content.length, ...content];
}

/**
 * DER of the extension's value (RFC 5280 section 4.2.1.10): certificates under the development CA are for the DNS name `localhost` and what is
 * below it (which RFC 6761 section 6.3 keeps on this machine), for 127.0.0.1/32 and for ::1/128. An application that trusts this CA has so
 * handed over nothing but its own machine: who steals the CA's key cannot play a provider to it.
 */
export const localhostOnly = Buffer.from(
  construct(
    0x30,
    construct(
      0xa0,
      [dnsName, ipv4, ipv6].flatMap((name) => construct(0x30, name)),
    ),
  ),
);
