/** What a bundle's archive holds: name without the leading slash that OPA writes → content. In the order of the archive. */
export type BundleFiles = ReadonlyMap<string, Uint8Array>;

/** Where OPA puts the signature of a bundle. It signs all other files and not itself. */
export const signaturesFile = '.signatures.json';
