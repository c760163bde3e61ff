import type { Armed, ArmedForward, ArmedListing } from '../../vocabulary/permit.ts';

/**
 * Sets the seal on an armed request. These are the only assertions of their kind: no other file can make a request that the proxy accepts, so
 * nothing is forwarded but what `inject` has armed.
 */
export function sealForward(parts: Omit<ArmedForward, keyof Seal>): Armed {
  return parts as ArmedForward;
}

/** The same for an answer that the gateway gives by itself. */
export function sealListing(parts: Omit<ArmedListing, keyof Seal>): Armed {
  return parts as ArmedListing;
}

/** The members that exist only as types. */
type Seal = { [K in keyof ArmedForward & symbol]: true };
