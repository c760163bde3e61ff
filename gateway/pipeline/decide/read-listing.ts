import { readList, readText } from './shape.ts';

/** More names than this are not a list of models. */
const most = 10_000;

/**
 * Reads what `gateway/listing/models` gave: a set or an array of catalogue ids. Undefined means none.
 * @throws MalformedAnswer
 */
export function readListing(value: unknown): ReadonlySet<string> {
  return new Set(readList(value, 'the listing', most, (id, at) => readText(id, at, 256)));
}
