import type { Marker } from '../../backends/dialect.ts';

/**
 * Tells whether bytes hold one of the markers. It looks for the text natively, so that a stream of small events costs no parsing: with a marker
 * that names its value's first byte, `"usage":null` is passed over.
 */
export function holdsMarker(bytes: Buffer, markers: readonly Marker[]): boolean {
  return markers.some(({ text, opens }) => {
    for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) {
      if (opens === undefined || valueOpens(bytes, at + text.length, opens)) return true;
    }
    return false;
  });
}

function valueOpens(bytes: Buffer, from: number, opens: string): boolean {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x3a) at += 1;
  return bytes[at] === opens.charCodeAt(0);
}

/**
 * The parsed data of one event: the values of its `data` fields, each without one leading space, joined with LF (WHATWG HTML section 9.2.6).
 * @returns `undefined` where there is none or it is not JSON, as in `data: [DONE]`
 */
export function parseEventData(event: Buffer): unknown {
  const lines: string[] = [];
  for (const line of event.toString('utf8').split(/\r\n|\n|\r/)) {
    const field = line.startsWith('\uFEFF') ? line.slice(1) : line;
    if (field.startsWith('data:')) lines.push(field.slice(field[5] === ' ' ? 6 : 5));
  }
  try {
    return JSON.parse(lines.join('\n'));
  } catch {
    // Not for us: the caller gets the bytes as they are, and what they would have told counts as unknown.
    return undefined;
  }
}
