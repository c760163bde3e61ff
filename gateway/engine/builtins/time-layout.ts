/** The layouts of Go's package time: a layout shows how the reference time, Mon Jan 2 15:04:05 MST 2006, would be written. */

const names: Readonly<Record<string, string>> = {
  ANSIC: 'Mon Jan _2 15:04:05 2006',
  UnixDate: 'Mon Jan _2 15:04:05 MST 2006',
  RubyDate: 'Mon Jan 02 15:04:05 -0700 2006',
  RFC822: '02 Jan 06 15:04 MST',
  RFC822Z: '02 Jan 06 15:04 -0700',
  RFC850: 'Monday, 02-Jan-06 15:04:05 MST',
  RFC1123: 'Mon, 02 Jan 2006 15:04:05 MST',
  RFC1123Z: 'Mon, 02 Jan 2006 15:04:05 -0700',
  RFC3339: '2006-01-02T15:04:05Z07:00',
  RFC3339Nano: '2006-01-02T15:04:05.999999999Z07:00',
};

export const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
export const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** Text that stands for itself, then an element of a time (absent at the end). */
export interface Chunk {
  readonly literal: string;
  readonly element?: string;
}

const elements =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|_2(?!006)|__2|3|4|5|PM|pm|-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07|[.,](?:0+|9+)(?!\d)/g;

/** @param layout one of the names that OPA knows, or a layout */
export function parseLayout(layout: string): Chunk[] {
  const text = Object.hasOwn(names, layout) ? (names[layout] ?? '') : layout;
  const chunks: Chunk[] = [];
  let at = 0;
  for (const found of text.matchAll(elements)) {
    chunks.push({ literal: text.slice(at, found.index), element: found[0] });
    at = found.index + found[0].length;
  }
  return [...chunks, { literal: text.slice(at) }];
}
