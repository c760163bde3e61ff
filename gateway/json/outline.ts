import type { Scanned } from './scan.ts';

/** Stands for a long text. It is long itself: whoever finds such a text too long finds this one too long. */
const standIn = `"${'x'.repeat(1024)}"`;

/**
 * Parses a text that `scanJson` has accepted, with a stand-in for every long text in it: conversations and documents, of which nobody reads more than
 * that they are there. It is what `JSON.parse` gives but for those, at a tenth of the cost where they make up most of the bytes.
 */
export function parseOutline(bytes: Buffer, { longTexts }: Pick<Scanned, 'longTexts'>): unknown {
  let text = '';
  let from = 0;
  for (const { start, end } of longTexts) {
    text += bytes.toString('utf8', from, start) + standIn;
    from = end;
  }
  return JSON.parse(text + bytes.toString('utf8', from));
}
