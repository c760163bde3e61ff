import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An address in its one spelling, in the form that ranges are compared with. */
export interface Address {
  /** IPv4, or IPv6 as RFC 5952 writes it; IPv4-mapped IPv6 is IPv4. */
  readonly text: string;
  readonly parsed: ipaddr.IPv4 | ipaddr.IPv6;
}

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Reads an address; `undefined` for anything else. Octal, hexadecimal and shortened IPv4, which readers take differently, are not addresses. */
export function readAddress(text: string): Address | undefined {
  if (isIP(text) === 0) return undefined;
  const parsed = ipaddr.process(text);
  return { text: parsed.kind() === 'ipv6' ? (parsed as ipaddr.IPv6).toRFC5952String() : parsed.toString(), parsed };
}

/**
 * Parses CIDRs once, at start.
 * @throws Error where one is malformed; the configuration has checked them
 */
export function makeRanges(cidrs: readonly string[]): (address: Address) => boolean {
  const ranges: readonly Range[] = cidrs.map((cidr) => ipaddr.parseCIDR(cidr));
  return ({ parsed }) => ranges.some((range) => parsed.kind() === range[0].kind() && parsed.match([...range]));
}
