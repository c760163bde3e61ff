import { Cursor, type Output, s32, UnreadableModule, u32 } from './binary.ts';
import { readInstruction, type Step } from './instructions.ts';

/** A step stands for about as long as this many bytes take to be copied: 2 to the power of it. */
const bytesPerStepShift = 6;

/** Where a metered module counts and asks, as indices. */
export interface Meter {
  readonly global: number;
  /** The import `opa_builtin0`, which every OPA module has: no function gets another number for the sake of one more import. */
  readonly tick: number;
}

/** The number of a built-in by which a metered module asks for more steps. Real ones count from 0. */
export const tickCall = 2 ** 31 - 1;

/** A loop that calls nothing does not ask: it may run up this debt, and then traps. No loop that OPA writes comes near. */
export const deepestDebt = -4_000_000;

const i32Const = 0x41;
const memoryGrow = 0x40;
/** Growing by nothing gives the size, as this does. OPA's allocator asks in that way, at every start; V8 then makes a new buffer of the whole memory. */
const memorySize = [0x3f, 0];

/**
 * Rewrites the body of one function so that steps are taken from the global where time can pass: at the entry of a function that calls others, at
 * every turn of a loop, and at bulk operations on memory, by their length. Between two such places a body runs straight through.
 *
 * Below zero the host is asked for more. Loops that call nothing only take steps, because a call in them would cost them their registers; whoever
 * called them asks soon after. That and the free pass of functions without calls and loops are most of what makes metering cheap.
 * @param body locals and code, without the size in front
 * @param parameters how many the function has
 */
export function meterBody(body: Cursor, parameters: number, meter: Meter, out: Output): void {
  const { bytes } = body;
  let locals = parameters;
  const groups = body.u32();
  const firstGroup = body.at;
  for (let group = 0; group < groups; group += 1) {
    locals += body.u32();
    body.byte();
  }
  if (locals > 50_000) throw new UnreadableModule('a function has more variables than WebAssembly allows');
  const code = makeCharges(meter, locals, locals + 1);

  out.append(u32(groups + 1));
  out.append(bytes.subarray(firstGroup, body.at));
  // Two more variables, of i32.
  out.append([...u32(2), 0x7f]);

  const [whole, ...loops] = findCalls(new Cursor(bytes, body.at, body.end));
  if (whole === true) out.append(code.one);
  let copied = body.at;
  const insert = (charge: readonly number[], at: number) => {
    out.append(bytes.subarray(copied, at));
    out.append(charge);
    copied = at;
  };
  let loop = 0;
  let previous = body.at;
  while (!body.isAtEnd) {
    const start = body.at;
    const step = readInstruction(body);
    if (bytes[start] === memoryGrow && bytes[previous] === i32Const && bytes[previous + 1] === 0 && previous + 2 === start) {
      insert(memorySize, previous);
      copied = body.at;
    }
    previous = start;
    if (step === 'loop') {
      insert(loops[loop] === true ? code.one : code.oneUnasked, body.at);
      loop += 1;
    } else if (step === 'bulk') {
      insert(code.byLength, start);
    }
  }
  out.append(bytes.subarray(copied, body.end));
}

/** @returns whether there is a call in the function, and in each of its loops in the order in which they begin */
function findCalls(code: Cursor): readonly boolean[] {
  const calls = [false];
  /** The blocks that are open: the number of the loop, or -1 for what is no loop. */
  const open = [0];
  while (!code.isAtEnd) {
    if (open.length === 0) throw new UnreadableModule('code follows the end of a function');
    const step: Step = readInstruction(code);
    if (step === 'loop') open.push(calls.push(false) - 1);
    else if (step === 'open') open.push(-1);
    else if (step === 'close') open.pop();
    else if (step === 'call') for (const block of open) if (block >= 0) calls[block] = true;
  }
  if (open.length !== 0) throw new UnreadableModule('a function does not end');
  return calls;
}

/** @param left @param length indices of two variables of the function that nothing else uses */
function makeCharges(meter: Meter, left: number, length: number) {
  const steps = u32(meter.global);
  // left = left - …; global = left
  const take = [0x6b, 0x22, ...u32(left), 0x24, ...steps, 0x20, ...u32(left)];
  // if (left < 0) drop(opa_builtin0(tick, 0))
  const ask = [0x41, 0, 0x48, 0x04, 0x40, 0x41, ...s32(tickCall), 0x41, 0, 0x10, ...u32(meter.tick), 0x1a, 0x0b];
  // if (left < deepestDebt) unreachable
  const trap = [0x41, ...s32(deepestDebt), 0x48, 0x04, 0x40, 0x00, 0x0b];
  const one = [0x23, ...steps, 0x41, ...s32(1), ...take];
  const byLength = [0x21, ...u32(length), 0x23, ...steps, 0x20, ...u32(length), 0x41, ...s32(bytesPerStepShift), 0x76];
  return {
    one: [...one, ...ask],
    oneUnasked: [...one, ...trap],
    byLength: [...byLength, ...take, ...ask, 0x20, ...u32(length)],
  };
}
