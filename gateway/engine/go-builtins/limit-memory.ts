import { Cursor, u32 } from '../meter/binary.ts';

/** Section id of the memories in a WebAssembly module (core specification, 5.5.8). */
const memories = 5;
const headerBytes = 8;

/**
 * Gives the memory that a module defines a maximum, which Go's linker leaves open: a call that allocates for ever then fails, and does not take the
 * process with it.
 * @param maxBytes a multiple of 64 KiB
 * @throws SyntaxError or UnreadableModule where the bytes are not a module with one memory of its own without a maximum
 */
export function limitMemory(module: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> {
  const reader = new Cursor(module, headerBytes);
  while (!reader.isAtEnd) {
    const start = reader.at;
    const id = reader.byte();
    const section = reader.part(reader.u32());
    if (id !== memories) continue;
    const [count, flags, initial] = [section.u32(), section.byte(), section.u32()];
    if (count !== 1 || flags !== 0) break;
    const content = [1, 1, ...u32(initial), ...u32(maxBytes / 65536)];
    const limited = Uint8Array.of(memories, ...u32(content.length), ...content);
    return Uint8Array.from(Buffer.concat([module.subarray(0, start), limited, module.subarray(section.end)]));
  }
  throw new SyntaxError('not a module that defines one memory without a maximum');
}
