/** Of objects that stay as they are. It goes when they go. */
const texts = new WeakMap<object, string>();

/**
 * Remembers what an object was written as, for whoever has to write it again.
 * @param value frozen at every depth
 * @param text its JSON
 */
export function keepText(value: object, text: string): void {
  texts.set(value, text);
}

/** Of objects that are written again in a moment or never. A place that keeps them from the collector for longer would cost more than the writing. */
const lately: { readonly value: object; readonly text: string }[] = [];
const mostLately = 16;
let next = 0;

/** Remembers what an object was written as, for as long as few others have been remembered since. @param value as for `keepText` */
export function keepTextAwhile(value: object, text: string): void {
  lately[next] = { value, text };
  next = (next + 1) % mostLately;
}

function textOf(value: object): string | undefined {
  for (const one of lately) if (one.value === value) return one.text;
  return texts.get(value);
}

/**
 * Writes an object as JSON, around those of its members whose text is remembered; they come last. Members that are `undefined` are left out.
 * @returns what `JSON.stringify` gives, but for the order
 */
export function writeAroundKept(object: object): string | undefined {
  let rest: Record<string, unknown> | undefined;
  let kept = '';
  for (const name of Object.keys(object)) {
    const member: unknown = (object as Readonly<Record<string, unknown>>)[name];
    const text = typeof member === 'object' && member !== null && Object.isFrozen(member) ? textOf(member) : undefined;
    if (text === undefined) continue;
    rest ??= { ...object };
    rest[name] = undefined;
    kept += `,${JSON.stringify(name)}:${text}`;
  }
  const written: unknown = JSON.stringify(rest ?? object);
  if (typeof written !== 'string') return undefined;
  if (kept === '') return written;
  return written === '{}' ? `{${kept.slice(1)}}` : `${written.slice(0, -1)}${kept}}`;
}
