import type { ForwardPermit, ListingPermit, Permit } from '../../vocabulary/permit.ts';

/** A permit without its seal. */
type Unsealed<Sealed> = { readonly [Name in keyof Sealed as Name extends string ? Name : never]: Sealed[Name] };

/**
 * Makes a permit. The type assertion here is the only one to `Permit` in the code: nothing else can write an object that the later stages take for
 * leave to send.
 */
export function sealPermit(unsealed: Unsealed<ForwardPermit> | Unsealed<ListingPermit>): Permit {
  return unsealed as Permit;
}
