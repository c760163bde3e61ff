import { type Cursor, UnreadableModule } from './binary.ts';

/** What the meter has to know of an instruction: whether time can pass at it that nothing else counts. */
export type Step = 'plain' | 'loop' | 'call' | 'bulk' | 'open' | 'close';

/**
 * Reads one instruction with its immediates (core specification 2.0, section 5.4). Only what OPA's compiler and its C library can emit is known.
 * Anything else is refused: what is not understood cannot be metered, and a length guessed wrongly would let the rest be misread.
 * @throws UnreadableModule
 */
export function readInstruction(code: Cursor): Step {
  const opcode = code.byte();
  if (opcode >= 0x45 && opcode <= 0xc4) return 'plain';
  if (opcode >= 0x28 && opcode <= 0x3e) return readMemoryArgument(code);
  switch (opcode) {
    case 0x02: // block
    case 0x04: // if
      code.skipLeb(5);
      return 'open';
    case 0x03:
      code.skipLeb(5);
      return 'loop';
    case 0x0b: // end
      return 'close';
    case 0x00: // unreachable
    case 0x01: // nop
    case 0x05: // else
    case 0x0f: // return
    case 0x1a: // drop
    case 0x1b: // select
    case 0xd1: // ref.is_null
      return 'plain';
    case 0x0c: // br
    case 0x0d: // br_if
    case 0x20: // local.get
    case 0x21: // local.set
    case 0x22: // local.tee
    case 0x23: // global.get
    case 0x24: // global.set
    case 0x25: // table.get
    case 0x26: // table.set
    case 0xd2: // ref.func
      code.u32();
      return 'plain';
    case 0x0e: // br_table
      for (let count = code.u32() + 1; count > 0; count -= 1) code.u32();
      return 'plain';
    case 0x10: // call
      code.u32();
      return 'call';
    case 0x11: // call_indirect
      code.u32();
      code.u32();
      return 'call';
    case 0x1c: // select with types
      code.skip(code.u32());
      return 'plain';
    case 0x40: // memory.grow
      code.byte();
      return 'call';
    case 0x3f: // memory.size
    case 0xd0: // ref.null
      code.byte();
      return 'plain';
    case 0x41: // i32.const
      code.skipLeb(5);
      return 'plain';
    case 0x42: // i64.const
      code.skipLeb(10);
      return 'plain';
    case 0x43: // f32.const
      code.skip(4);
      return 'plain';
    case 0x44: // f64.const
      code.skip(8);
      return 'plain';
    case 0xfc:
      return readPrefixed(code);
    default:
      throw new UnreadableModule(`it uses the instruction 0x${opcode.toString(16).padStart(2, '0')}, which no OPA module needs`);
  }
}

function readMemoryArgument(code: Cursor): Step {
  // From 64 on an index of a memory would follow.
  if (code.u32() >= 64) throw new UnreadableModule('it uses more than one memory');
  code.u32();
  return 'plain';
}

function readPrefixed(code: Cursor): Step {
  const opcode = code.u32();
  // Saturating truncation.
  if (opcode <= 7) return 'plain';
  switch (opcode) {
    case 8: // memory.init
    case 10: // memory.copy
      code.u32();
      code.u32();
      return 'bulk';
    case 9: // data.drop
      code.u32();
      return 'plain';
    case 11: // memory.fill
      code.u32();
      return 'bulk';
    default:
      throw new UnreadableModule(`it uses the instruction 0xfc ${opcode}, which no OPA module needs`);
  }
}
