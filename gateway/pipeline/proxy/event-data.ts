import type { Marker } from '../../backends/dialect.ts';

/**
 * Tells whether bytes hold one of the markers, so that a stream of small events costs no parsing: with a marker that names its value's first byte,
 * `"usage":null` is passed over. The bytes are looked at as Latin-1, which is one copy and leaves ASCII as it is; searching them in place costs
 * several times as much, because every event has such a member.
 */
export function holdsMarker(bytes: Buffer, markers: readonly Marker[]): boolean {
  const text = bytes.toString('latin1');
  return markers.some((marker) => {
    for (let at = text.indexOf(marker.text); at !== -1; at = text.indexOf(marker.text, at + 1)) {
      if (marker.opens === undefined || valueOpens(text, at + marker.text.length, marker.opens)) return true;
    }
    return false;
  });
}

function valueOpens(text: string, from: number, opens: string): boolean {
  let at = from;
  while (text[at] === ' ' || text[at] === ':') at += 1;
  return text[at] === opens;
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
