import { elements, type MemberSpan, members, type ValueSpan } from './spans.ts';

/** A JSON object's text with its top-level members, as `scanJson` found them. */
export interface SpannedText {
  readonly bytes: Uint8Array;
  readonly members: ReadonlyMap<string, MemberSpan>;
}

/**
 * One change to one top-level member.
 * - `set`: the member's value becomes this JSON text; the member is added at the end where it is absent
 * - `remove`: the member goes
 * - `set-inside`: a member of the member's object becomes this JSON text; where no object stands, the member becomes an object with it alone
 * - `remove-elements`: elements of the member's array go, by index
 */
export type Edit =
  | { readonly kind: 'set'; readonly json: string }
  | { readonly kind: 'remove' }
  | { readonly kind: 'set-inside'; readonly name: string; readonly json: string }
  | { readonly kind: 'remove-elements'; readonly indexes: ReadonlySet<number> };

/** Bytes to leave out, and the text to put in their place. */
interface Cut {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Changes top-level members of a JSON object by splicing its bytes: what no edit names stays as it is, byte for byte, whatever its spelling.
 * There is one edit a member, so edits cannot overlap.
 *
 * @param edits by member name; an edit other than `set` of a member that is absent (`set-inside` excepted) does nothing
 * @returns a new text, or the very bytes that came where nothing changes
 */
export function splice(text: SpannedText, edits: ReadonlyMap<string, Edit>): Uint8Array {
  const cuts: Cut[] = [];
  const added: string[] = [];
  const removed = new Set<string>();
  for (const [name, edit] of edits) {
    const span = text.members.get(name);
    if (span === undefined) {
      if (edit.kind === 'set') added.push(member(name, edit.json));
      else if (edit.kind === 'set-inside') added.push(member(name, `{${member(edit.name, edit.json)}}`));
    } else if (edit.kind === 'set') cuts.push({ start: span.valueStart, end: span.valueEnd, text: edit.json });
    else if (edit.kind === 'remove') removed.add(name);
    else if (edit.kind === 'set-inside') cuts.push(setInside(text.bytes, span, edit.name, edit.json));
    else cuts.push(...listCuts(elements(text.bytes, span.valueStart), (_, index) => edit.indexes.has(index), []));
  }
  const all = [...text.members].map(([name, span]) => ({ name, start: span.keyStart, end: span.valueEnd }));
  if (all.length === 0 && added.length > 0) cuts.push(intoEmpty(text.bytes.indexOf(0x7b), added));
  else if (removed.size > 0 || added.length > 0) cuts.push(...listCuts(all, ({ name }) => removed.has(name), added));
  return cuts.length === 0 ? text.bytes : apply(text.bytes, cuts);
}

function setInside(bytes: Uint8Array, span: MemberSpan, name: string, json: string): Cut {
  if (bytes[span.valueStart] !== 0x7b) return { start: span.valueStart, end: span.valueEnd, text: `{${member(name, json)}}` };
  const inner = members(bytes, span.valueStart);
  const present = inner.get(name);
  if (present !== undefined) return { start: present.valueStart, end: present.valueEnd, text: json };
  const last = [...inner.values()].at(-1);
  if (last === undefined) return intoEmpty(span.valueStart, [member(name, json)]);
  return { start: last.valueEnd, end: last.valueEnd, text: `,${member(name, json)}` };
}

/**
 * Leaves out items of a comma-separated list and adds others at its end. An item goes with the comma that follows it; a run at the end goes with
 * the comma before it.
 */
function listCuts<Item extends ValueSpan>(
  items: readonly Item[],
  goes: (item: Item, index: number) => boolean,
  added: readonly string[],
): readonly Cut[] {
  const cuts: Cut[] = [];
  const lastKept = items.findLastIndex((item, index) => !goes(item, index));
  for (let i = 0; i < lastKept; i++) {
    const [item, next] = [items[i], items[i + 1]];
    if (item !== undefined && next !== undefined && goes(item, i)) cuts.push({ start: item.start, end: next.start, text: '' });
  }
  const [kept, first, last] = [items[lastKept], items[0], items.at(-1)];
  if (first === undefined || last === undefined) return cuts;
  const tail = added.join(',');
  if (kept === undefined) cuts.push({ start: first.start, end: last.end, text: tail });
  else if (kept !== last || tail !== '') cuts.push({ start: kept.end, end: last.end, text: tail === '' ? '' : `,${tail}` });
  return cuts;
}

function intoEmpty(brace: number, added: readonly string[]): Cut {
  return { start: brace + 1, end: brace + 1, text: added.join(',') };
}

function member(name: string, json: string): string {
  return `${JSON.stringify(name)}:${json}`;
}

/** Cuts do not overlap, save that a cut may end where an insertion stands; equal starts keep their order. */
function apply(bytes: Uint8Array, cuts: readonly Cut[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const cut of cuts.toSorted((a, b) => a.start - b.start)) {
    if (cut.start > at) parts.push(bytes.subarray(at, cut.start));
    if (cut.text !== '') parts.push(Buffer.from(cut.text));
    at = cut.end;
  }
  parts.push(bytes.subarray(at));
  return Buffer.concat(parts);
}
