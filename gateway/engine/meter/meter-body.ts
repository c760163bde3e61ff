import { type Cursor, type Output, s32, UnreadableModule, u32 } from './binary.ts';
import { readInstruction } from './instructions.ts';

const i32 = 0x7f;
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

/**
 * Rewrites the body of one function: a step is taken at its entry and at every turn of a loop, and bulk operations on memory take as many as
 * their length asks. Between two such places a body runs straight through, so no work goes on for long uncounted.
 * @param body locals and code, without the size in front
 * @param parameters how many the function has
 * @param meter the global that holds the steps left, and the function that is called where there are none
 */
export function meterBody(body: Cursor, parameters: number, meter: Meter, out: Output): void {
  const { bytes } = body;
  let locals = parameters;
  const groupsAt = body.at;
  const groups = body.u32();
  const firstGroup = body.at;
  for (let group = 0; group < groups; group += 1) {
    locals += body.u32();
    body.byte();
  }
  if (locals > 50_000) throw new UnreadableModule('a function has more variables than WebAssembly allows');
  const left = u32(locals);
  const length = u32(locals + 1);
  const steps = u32(meter.global);

  // left = global - <steps>; global = left; if (left < 0) drop(opa_builtin0(tick, 0))
  const ask = [0x41, ...s32(tickCall), 0x41, 0, 0x10, ...u32(meter.tick), 0x1a];
  const settle = [0x6b, 0x22, ...left, 0x24, ...steps, 0x20, ...left, 0x41, 0, 0x48, 0x04, 0x40, ...ask, 0x0b];
  const one = [0x23, ...steps, 0x41, ...s32(1), ...settle];
  const byLength = [
    ...[0x21, ...length, 0x23, ...steps, 0x20, ...length, 0x41, ...s32(bytesPerStepShift), 0x76, ...settle],
    ...[0x20, ...length],
  ];

  out.append(u32(groups + 1));
  out.append(bytes.subarray(firstGroup, body.at));
  out.append([...u32(2), i32]);
  if (groupsAt === firstGroup) throw new UnreadableModule('a function without a list of variables');
  out.append(one);

  let copied = body.at;
  const insert = (code: readonly number[], at: number) => {
    out.append(bytes.subarray(copied, at));
    out.append(code);
    copied = at;
  };
  let open = 1;
  while (!body.isAtEnd) {
    const start = body.at;
    if (open === 0) throw new UnreadableModule('code follows the end of a function');
    const step = readInstruction(body);
    if (step === 'loop') insert(one, body.at);
    if (step === 'bulk') insert(byLength, start);
    if (step === 'loop' || step === 'open') open += 1;
    if (step === 'close') open -= 1;
  }
  if (open !== 0) throw new UnreadableModule('a function does not end');
  out.append(bytes.subarray(copied, body.end));
}
