import type { EventReader, Reading } from '../../backends/dialect.ts';
import { holdsMarker, parseEventData } from './event-data.ts';
import { EventScanner } from './event-scanner.ts';
import { type MemberPicker, makeMemberPicker } from './member-picker.ts';
import type { Tap } from './tap.ts';

/** An event beyond this size is not gathered: it is read as it passes, through the few members that matter. */
const largestGathered = 64 * 1024;

const lineFeed = 0x0a;
const openBrace = 0x7b;

export interface EventTapOptions {
  /**
   * Take out the events for which this holds: the chunk with the usage that the gateway asked for and the caller did not. All other bytes stay
   * exactly as they are; to that end an unfinished event is held until its end, or until it is too large to be that one.
   */
  readonly drops?: (event: unknown) => boolean;
}

/** Makes the tap for a stream of events. Only events that hold one of the reader's markers are parsed. */
export function makeEventTap(reader: EventReader, options: EventTapOptions = {}): Tap {
  return new EventTap(reader, options.drops);
}

class EventTap implements Tap {
  readonly #reader: EventReader;
  readonly #drops: ((event: unknown) => boolean) | undefined;
  readonly #scanner = new EventScanner();
  /** What has come of an unfinished event. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Reads the current event where it is too large to be gathered. */
  #picker: MemberPicker | undefined;
  #droppedLast = false;

  constructor(reader: EventReader, drops: ((event: unknown) => boolean) | undefined) {
    this.#reader = reader;
    this.#drops = drops;
  }

  get keepsLength(): boolean {
    return this.#drops === undefined;
  }

  get betweenEvents(): boolean {
    return this.#pendingBytes === 0 && this.#picker === undefined && this.#scanner.rests;
  }

  read(): Reading {
    return this.#reader.read();
  }

  pass(chunk: Buffer): Buffer | undefined {
    const marked = holdsMarker(chunk, this.#reader.markers);
    // Most pieces are whole events of no interest: they pass without being taken apart.
    if (!marked && this.betweenEvents && endsEvent(chunk)) return chunk;
    const passing: Buffer[] = [];
    let start = 0;
    if (this.#pendingBytes === 0 && this.#picker === undefined && this.#scanner.takeTrailingLf(chunk)) {
      if (!this.#droppedLast) passing.push(chunk.subarray(0, 1));
      start = 1;
    }
    for (let end = this.#scanner.findEnd(chunk, start); end !== -1; end = this.#scanner.findEnd(chunk, start)) {
      this.#finish(chunk.subarray(start, end), marked, passing);
      start = end;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start), passing);
    if (this.#drops === undefined) return chunk;
    return passing.length === 1 ? passing[0] : passing.length === 0 ? undefined : Buffer.concat(passing);
  }

  flush(): Buffer | undefined {
    if (this.#pendingBytes === 0 && this.#picker === undefined) return undefined;
    const passing: Buffer[] = [];
    this.#finish(Buffer.alloc(0), true, passing);
    return this.#drops === undefined || passing.length === 0 ? undefined : Buffer.concat(passing);
  }

  /** The last part of an event has come. */
  #finish(part: Buffer, marked: boolean, passing: Buffer[]): void {
    this.#droppedLast = false;
    if (this.#picker !== undefined) {
      this.#picker.push(part);
      this.#reader.see(nest(this.#picker.found));
      this.#picker = undefined;
      passing.push(part);
      return;
    }
    const whole = this.#pendingBytes === 0 ? part : Buffer.concat([...this.#pending, part]);
    const worth = (marked || this.#pendingBytes > 0) && holdsMarker(whole, this.#reader.markers);
    this.#pending = [];
    this.#pendingBytes = 0;
    if (worth) {
      const event = parseEventData(whole);
      this.#reader.see(event);
      if (this.#drops?.(event)) {
        this.#droppedLast = true;
        return;
      }
    }
    passing.push(whole);
  }

  /** A part of an event that goes on in the next piece. */
  #hold(part: Buffer, passing: Buffer[]): void {
    if (this.#picker !== undefined) {
      this.#picker.push(part);
      passing.push(part);
      return;
    }
    this.#pending.push(part);
    this.#pendingBytes += part.length;
    if (this.#pendingBytes <= largestGathered) return;
    const gathered = Buffer.concat(this.#pending);
    const begins = gathered.indexOf(openBrace);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#picker = makeMemberPicker(this.#reader.paths);
    if (begins !== -1) this.#picker.push(gathered.subarray(begins));
    passing.push(gathered);
  }
}

function endsEvent(chunk: Buffer): boolean {
  return chunk[chunk.length - 1] === lineFeed && chunk[chunk.length - 2] === lineFeed;
}

/** Members by path → the object that would hold them. */
function nest(members: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [path, value] of members) {
    const steps = path.split('.');
    const last = steps.pop() ?? path;
    let at = root;
    for (const step of steps) {
      const next = at[step];
      const object = typeof next === 'object' && next !== null ? (next as Record<string, unknown>) : {};
      at[step] = object;
      at = object;
    }
    at[last] = value;
  }
  return root;
}
