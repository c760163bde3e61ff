/** Section id of the memories in a WebAssembly module. */
const memories = 5;
const headerBytes = 8;

/**
 * Gives the memory that a module defines a maximum, which Go's linker leaves open: a call that allocates for ever then fails, and does not take the
 * process with it.
 * @param maxBytes a multiple of 64 KiB
 * @throws SyntaxError where the bytes are not a module with one memory of its own
 */
export function limitMemory(module: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> {
  for (let at = headerBytes; at < module.length; ) {
    const id = module[at];
    const size = readNumber(module, at + 1);
    const end = size.end + size.value;
    if (id === memories) {
      // One memory; its flags say whether a maximum follows.
      const initial = readNumber(module, size.end + 2);
      if (module[size.end] !== 1 || module[size.end + 1] !== 0) break;
      const content = [1, 1, ...writeNumber(initial.value), ...writeNumber(maxBytes / 65536)];
      return Uint8Array.from(
        Buffer.concat([module.subarray(0, at), Uint8Array.of(memories, content.length, ...content), module.subarray(end)]),
      );
    }
    at = end;
  }
  throw new SyntaxError('not a module that defines one memory without a maximum');
}

/** Unsigned LEB128. */
function readNumber(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let at = start, scale = 1; at < start + 5; at += 1, scale *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw new SyntaxError('not a number');
}

function writeNumber(value: number): number[] {
  const low = value % 128;
  return value < 128 ? [low] : [low | 0x80, ...writeNumber(Math.floor(value / 128))];
}
