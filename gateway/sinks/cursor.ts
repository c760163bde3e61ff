import { isMissing } from '../ledger/compressed.ts';
import type { FileSystemPort } from '../ledger/file-system.ts';
import type { Logger } from '../vocabulary/logger.ts';

/** How far a segment has been dealt with. */
export interface Place {
  readonly lines: number;
  /** Of the segment as it is unpacked. */
  readonly bytes: number;
  /** Nothing more comes. */
  readonly ended: boolean;
}

/** How far a sink is: the whole state of its queue, since the queue itself is the log. */
export interface Cursor {
  place(segment: string): Place;
  /** Forward only. */
  move(segment: string, place: Place): void;
  /**
   * Takes note of what lies in the directory, so that what is removed before it was delivered is missed.
   * @returns the segments that were not dealt with to their end and are gone
   */
  heed(present: readonly string[]): readonly string[];
  /** Writes it whole and gives it its name only then, so that a crash leaves the old one or the new one. */
  save(): Promise<void>;
}

interface CursorFile {
  readonly version: 1;
  /** Segments named before this one have been dealt with. */
  readonly before: string;
  readonly segments: Readonly<Record<string, Place>>;
}

/** Ended segments that are remembered by name. A segment of another process may be named a little before one that is already there. */
const mostEnded = 256;
const longestFile = 16 * 1024 * 1024;

/** Reads how far a sink is. What cannot be read counts as nothing delivered: lines may arrive twice, and none is left out. */
export async function openCursor({ files, path, logger }: { files: FileSystemPort; path: string; logger: Logger }): Promise<Cursor> {
  const read = await readCursor(files, path, logger);
  let before = read?.before ?? '';
  const places = new Map<string, Place>(Object.entries(read?.segments ?? {}));

  function prune(): void {
    const names = [...places.keys()].sort();
    for (let at = 0; names.length - at > mostEnded; at += 1) {
      const [oldest = '', next = ''] = names.slice(at, at + 2);
      if (places.get(oldest)?.ended !== true) return;
      places.delete(oldest);
      before = next;
    }
  }

  return {
    place: (segment) => places.get(segment) ?? { lines: 0, bytes: 0, ended: segment < before },
    move(segment, place) {
      const known = places.get(segment);
      if (known === undefined || place.bytes > known.bytes || place.ended) places.set(segment, place);
    },
    heed(present) {
      const there = new Set(present);
      const gone: string[] = [];
      for (const [segment, { ended }] of places) {
        if (there.has(segment)) continue;
        places.delete(segment);
        if (!ended) gone.push(segment);
      }
      for (const segment of present) {
        if (!places.has(segment) && segment >= before) places.set(segment, { lines: 0, bytes: 0, ended: false });
      }
      return gone;
    },
    async save() {
      prune();
      const text = JSON.stringify({ version: 1, before, segments: Object.fromEntries(places) } satisfies CursorFile);
      const fresh = `${path}.new`;
      await files.remove(fresh).catch(unlessMissing);
      const file = await files.create(fresh);
      try {
        let rest = Buffer.from(text);
        while (rest.length > 0) rest = rest.subarray(await file.write(rest));
        await file.datasync();
      } finally {
        await file.close();
      }
      await files.rename(fresh, path);
    },
  };
}

async function readCursor(files: FileSystemPort, path: string, logger: Logger): Promise<CursorFile | undefined> {
  try {
    const text = (await files.read(path, 0, longestFile)).toString('utf8');
    const parsed: unknown = JSON.parse(text);
    if (isCursorFile(parsed)) return parsed;
    throw new SyntaxError('it has not the form of one');
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    logger.error('the file that says how far a sink is cannot be read; the sink begins at the oldest line, and lines may arrive twice', {
      path,
      error,
    });
    return undefined;
  }
}

function isCursorFile(value: unknown): value is CursorFile {
  if (typeof value !== 'object' || value === null) return false;
  const { version, before, segments } = value as Partial<CursorFile>;
  if (version !== 1 || typeof before !== 'string' || typeof segments !== 'object' || segments === null) return false;
  return Object.values(segments).every(
    (place) => Number.isSafeInteger(place?.lines) && Number.isSafeInteger(place?.bytes) && typeof place?.ended === 'boolean',
  );
}

function unlessMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
