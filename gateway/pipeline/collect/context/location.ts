import { type Address, makeRanges, readAddress } from '../../../addresses/address.ts';
import type { ContextConfiguration } from '../../../vocabulary/configuration.ts';
import type { LocationFact } from '../../../vocabulary/facts.ts';
import type { Headed } from '../../../vocabulary/request.ts';
import type { AssertedHeader } from './asserted-headers.ts';
import { readForwarded } from './forwarded-header.ts';

/** Longer chains of X-Forwarded-For than this are not read. */
const longestForwarded = 2048;

type LocationSettings = Pick<ContextConfiguration, 'networks' | 'headers' | 'forwardedHops' | 'forwardedHeader'>;

/** What the operator's own tables say of an address. */
export type FindPlace = (address: string) => { readonly country?: string; readonly asn?: number };

/**
 * Where the request comes from. Behind no trusted proxy that is the peer. Behind one it is the entry of X-Forwarded-For, or of Forwarded (RFC 7239), that the outermost of the
 * `forwardedHops` trusted proxies wrote, counted from the right: whatever stands further left, the caller may have written. The entries to its right
 * must themselves be trusted proxies; otherwise one of them was gone around, and the entry counted out would be the caller's own. A chain that is
 * missing, malformed or not as configured gives no location at all: an unknown place, not a guessed one.
 */
export function makeLocation(
  { networks, headers: names, forwardedHops, forwardedHeader = 'x-forwarded-for' }: LocationSettings,
  isTrusted: (address: Address) => boolean,
  findPlace: FindPlace = () => ({}),
) {
  const ranges = networks.map(({ name, cidrs }) => ({ name, holds: makeRanges(cidrs) }));

  return function location(
    { headers, peer: { announced } }: Headed,
    peer: Address,
    fromTrustedProxy: boolean,
    header: AssertedHeader,
  ): LocationFact | undefined {
    const address = fromTrustedProxy && forwardedHops > 0 ? forwarded(headers.get(forwardedHeader)) : peer;
    if (address === undefined) return undefined;
    const network = ranges.find(({ holds }) => holds(address))?.name;
    const told = { country: countryOf(header(names.country)), asn: asnOf(header(names.asn)) };
    const place = told.country === undefined || told.asn === undefined ? findPlace(address.text) : {};
    const country = told.country ?? place.country;
    const asn = told.asn ?? place.asn;
    return {
      ip: address.text,
      ...(network !== undefined && { network }),
      ...(country !== undefined && { country, country_source: told.country === undefined ? 'mmdb' : 'trusted-proxy' }),
      ...(asn !== undefined && { asn, asn_source: told.asn === undefined ? 'mmdb' : 'trusted-proxy' }),
      evidence: fromTrustedProxy || announced ? 'trusted-proxy' : 'peer',
    };
  };

  function forwarded(lines: readonly string[] | undefined): Address | undefined {
    const chain = lines?.join(',') ?? '';
    if (chain.length > longestForwarded) return undefined;
    const listed = forwardedHeader === 'forwarded' ? readForwarded(chain) : chain.split(',').map((entry) => entry.trim());
    const entries = (listed ?? []).slice(-forwardedHops).map((entry) => (entry === undefined ? undefined : readAddress(entry)));
    const [client, ...proxies] = entries;
    const asConfigured = entries.length === forwardedHops && proxies.every((proxy) => proxy !== undefined && isTrusted(proxy));
    return asConfigured ? client : undefined;
  }
}

/** ISO 3166-1 alpha-2. `XX` and `ZZ` are ways of saying "unknown". */
function countryOf(value: string | undefined): string | undefined {
  return value !== undefined && /^[A-Z]{2}$/.test(value) && value !== 'XX' && value !== 'ZZ' ? value : undefined;
}

/** RFC 6793: 32 bits; 0 is reserved (RFC 7607). */
function asnOf(value: string | undefined): number | undefined {
  const digits = value === undefined ? undefined : /^(?:AS)?([1-9]\d{0,9})$/.exec(value)?.[1];
  const number = Number(digits ?? 0);
  return number > 0 && number <= 0xffffffff ? number : undefined;
}
