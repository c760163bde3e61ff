import type { EncodedInput, SettledMember } from './encode-input.ts';
import type { Guest } from './guest.ts';
import type { Laid } from './instance.ts';

/** Bytes of memory. Some hundred callers find room; then all make way, and those who come again are read again. */
const mostBytes = 1024 * 1024;
/** Characters. A longer text is a part of its input, and read each time. */
const longestText = 16 * 1024;

export interface ShelfNeeds {
  readonly guest: Guest;
  /** Where the shelf begins: the end of what is in the memory for good. */
  readonly start: number;
  /** Has the module read a JSON text. @returns the address of the value */
  readonly parse: (json: string) => number;
}

/**
 * Makes the place in an instance's memory where settled members of inputs stay, read once: half of an input is the caller's identity, and a caller
 * comes again and again. It lies between the data and what an evaluation may use, and no more than the data do evaluations write to it.
 *
 * It is as long-lived as its instance: one that threw is given up together with its shelf.
 */
export function makeShelf({ guest, start, parse }: ShelfNeeds) {
  let end = start;
  let values = new WeakMap<object, number>();
  const paths = new Map<string, number>();
  let toInput = 0;

  /** Reads a text to the end of the shelf. Whatever lay behind it is gone. */
  function put(json: string): number {
    guest.opa_heap_ptr_set(end);
    const address = parse(json);
    end = guest.opa_heap_ptr_get();
    return address;
  }

  function addressOf({ value, text }: SettledMember): number {
    const known = values.get(value);
    if (known !== undefined) return known;
    const address = put(text);
    values.set(value, address);
    return address;
  }

  function pathTo(name: string): number {
    const known = paths.get(name);
    if (known !== undefined) return known;
    const address = put(JSON.stringify([name]));
    paths.set(name, address);
    return address;
  }

  return {
    /** Address of the path `["input"]`; there is one as long as something is laid. */
    toInput: () => toInput,

    /** Reads an input into the memory behind the shelf, its settled members from the shelf. What was laid before is gone. */
    lay({ text, base, settled }: EncodedInput): Laid {
      if (end - start > mostBytes) {
        end = start;
        values = new WeakMap();
        paths.clear();
      }
      toInput = pathTo('input');
      const isShort = settled.every((member) => member.text.length <= longestText);
      const members = isShort ? settled.map((member) => [pathTo(member.name), addressOf(member)] as const) : [];
      guest.opa_heap_ptr_set(end);
      const value = parse(isShort ? base : text);
      for (const [path, address] of members) {
        if (guest.opa_value_add_path(value, path, address) !== 0) throw new Error('the module does not take a member of its input');
      }
      return { value, end: guest.opa_heap_ptr_get() };
    },
  };
}
