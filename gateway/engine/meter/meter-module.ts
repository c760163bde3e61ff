import { Breakage } from '../../errors.ts';
import { Cursor, Output, s32, UnreadableModule, u32 } from './binary.ts';
import { type Meter, meterBody } from './meter-body.ts';

/** Name under which a metered module exports its mutable i32 global: the steps that are left. */
export const stepsExport = 'regate_steps';
/** What a metered module starts with: enough to start and to read its data unasked. */
const mostSteps = 2 ** 31 - 1;

const section = { custom: 0, type: 1, import: 2, function: 3, global: 6, export: 7, code: 10 } as const;
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/**
 * Rewrites a policy module so that it counts its steps: one at every entry of a function and at every turn of a loop. The count goes down in a
 * global that the host sets before an evaluation; below zero the module asks the host, which gives it more or throws. WebAssembly has no other
 * way to be stopped from its own thread.
 *
 * Nothing else changes: functions, memory and data keep their places, so an image of the memory of the one is an image of the other's.
 * @throws Breakage `policy.unavailable` for what is not a valid module, or uses instructions that the meter does not know
 */
export function meterModule(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  // What is invalid as it comes may be valid afterwards: code that names the one global more that there is then could give itself steps.
  if (!WebAssembly.validate(wasm)) {
    throw new Breakage('policy.unavailable', 'the bundle cannot be used: its policy.wasm is not a valid WebAssembly module');
  }
  try {
    return rewrite(wasm);
  } catch (cause) {
    if (!(cause instanceof UnreadableModule)) throw cause;
    throw new Breakage('policy.unavailable', `the bundle cannot be used: its policy.wasm cannot be metered: ${cause.message}`, { cause });
  }
}

interface Shape {
  /** By index of the type. */
  readonly parameters: number[];
  /** Type of each function that the module defines. */
  readonly functions: number[];
  /** Imported and defined. */
  globals: number;
  importedFunctions: number;
  /** Index of the import `opa_builtin0`. */
  tick: number | undefined;
}

function rewrite(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const input = new Cursor(wasm);
  for (const byte of header) if (input.byte() !== byte) throw new UnreadableModule('it is not a WebAssembly module of version 1');
  const shape: Shape = { parameters: [], functions: [], globals: 0, importedFunctions: 0, tick: undefined };
  const out = new Output();
  out.append(header);
  const emit = (id: number, content: Uint8Array) => {
    out.append([id]);
    out.append(u32(content.length));
    out.append(content);
  };

  let last = 0;
  let hasGlobals = false;
  const addGlobal = () => {
    hasGlobals = true;
    emit(section.global, Uint8Array.from([1, ...countingGlobal]));
  };
  while (!input.isAtEnd) {
    const id = input.byte();
    const content = input.part(input.u32());
    const whole = wasm.subarray(content.at, content.end);
    if (id !== section.custom) {
      // The count of data segments (12) stands before the code.
      const rank = id === 12 ? 9.5 : id;
      if (id > 12 || rank <= last) throw new UnreadableModule('its sections are unknown or out of order');
      last = rank;
      if (id > section.global && !hasGlobals) addGlobal();
    }
    switch (id) {
      case section.type:
        readTypes(content, shape);
        emit(id, whole);
        break;
      case section.import:
        readImports(content, shape);
        emit(id, whole);
        break;
      case section.function:
        for (let count = content.u32(); count > 0; count -= 1) shape.functions.push(content.u32());
        emit(id, whole);
        break;
      case section.global: {
        hasGlobals = true;
        const count = content.u32();
        shape.globals += count;
        emit(id, joined(u32(count + 1), wasm.subarray(content.at, content.end), countingGlobal));
        break;
      }
      case section.export:
        emit(id, addExport(content, shape));
        break;
      case section.code:
        emit(id, meterCode(content, shape));
        break;
      default:
        emit(id, whole);
    }
  }
  return out.take();
}

/** A mutable i32 that starts with the most. */
const countingGlobal = [0x7f, 0x01, 0x41, ...s32(mostSteps), 0x0b];

function joined(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const out = new Output();
  for (const part of parts) out.append(part);
  return out.take();
}

function readTypes(content: Cursor, shape: Shape): void {
  for (let count = content.u32(); count > 0; count -= 1) {
    if (content.byte() !== 0x60) throw new UnreadableModule('it has types other than functions');
    const parameters = content.u32();
    content.skip(parameters);
    content.skip(content.u32());
    shape.parameters.push(parameters);
  }
}

function readImports(content: Cursor, shape: Shape): void {
  for (let count = content.u32(); count > 0; count -= 1) {
    content.skip(content.u32());
    const name = readName(content);
    const kind = content.byte();
    switch (kind) {
      case 0:
        // Of another type it would not pass the check of the rewritten module.
        content.u32();
        if (name === 'opa_builtin0') shape.tick = shape.importedFunctions;
        shape.importedFunctions += 1;
        break;
      case 1:
        content.byte();
        skipLimits(content);
        break;
      case 2:
        skipLimits(content);
        break;
      case 3:
        content.skip(2);
        shape.globals += 1;
        break;
      default:
        throw new UnreadableModule('it imports something unknown');
    }
  }
}

function readName(content: Cursor): string {
  const { at, end } = content.part(content.u32());
  return new TextDecoder().decode(content.bytes.subarray(at, end));
}

function skipLimits(content: Cursor): void {
  const flags = content.byte();
  if (flags > 1) throw new UnreadableModule('it asks for a memory that is shared or of 64 bits');
  content.u32();
  if (flags === 1) content.u32();
}

function addExport(content: Cursor, shape: Shape): Uint8Array {
  const count = content.u32();
  const rest = content.bytes.subarray(content.at, content.end);
  const name = new TextEncoder().encode(stepsExport);
  return joined(u32(count + 1), rest, u32(name.length), name, [0x03], u32(shape.globals));
}

function meterCode(content: Cursor, shape: Shape): Uint8Array {
  const count = content.u32();
  if (count !== shape.functions.length) throw new UnreadableModule('it declares other functions than it has');
  if (shape.tick === undefined) throw new UnreadableModule('it does not import opa_builtin0, as every OPA module does');
  const meter: Meter = { global: shape.globals, tick: shape.tick };
  const out = new Output();
  const body = new Output();
  out.append(u32(count));
  for (const type of shape.functions) {
    const parameters = shape.parameters[type];
    if (parameters === undefined) throw new UnreadableModule('a function has a type that is not declared');
    body.clear();
    meterBody(content.part(content.u32()), parameters, meter, body);
    out.append(u32(body.view().length));
    out.append(body.view());
  }
  return out.take();
}
