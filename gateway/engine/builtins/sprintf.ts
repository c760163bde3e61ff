import type { RegoValue } from '../rego-value.ts';
import type { Builtin } from './builtin.ts';
import { isNumber, literalOf } from './decimal.ts';
import { type Flags, noFlags, setFlag } from './format-flags.ts';
import { formatOperand, type Operand } from './format-verb.ts';
import { limitText } from './limits.ts';
import { arrayAt, stringAt } from './operands.ts';
import { show } from './order.ts';

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;
/** Go reads no larger width, precision or index. */
const largest = 1_000_000;

/** `sprintf` as Go's package fmt does it. Strings stand for themselves, composites for what Rego prints of them. */
const sprintf: Builtin = (args) => new Formatter(stringAt(args, 0), arrayAt(args, 1).map(operandOf)).run();

function operandOf(value: RegoValue): Operand {
  if (typeof value === 'string') return { type: 'string', value };
  if (!isNumber(value)) return { type: 'string', value: show(value) };
  const literal = literalOf(value);
  if (/[.eE]/.test(literal)) {
    const number = Number(literal);
    return Number.isFinite(number) ? { type: 'float64', value: number } : { type: 'string', value: literal };
  }
  const integer = BigInt(literal);
  return { type: integer >= minInt64 && integer <= maxInt64 ? 'int64' : '*big.Int', value: integer };
}

class Formatter {
  readonly #format: string;
  readonly #operands: readonly Operand[];
  #at = 0;
  #next = 0;
  #reordered = false;
  #goodIndex = true;
  #text = '';

  constructor(format: string, operands: readonly Operand[]) {
    this.#format = format;
    this.#operands = operands;
  }

  run(): string {
    while (this.#at < this.#format.length) {
      const percent = this.#format.indexOf('%', this.#at);
      this.#write(this.#format.slice(this.#at, percent < 0 ? undefined : percent));
      if (percent < 0) break;
      this.#at = percent + 1;
      this.#directive();
    }
    if (!this.#reordered && this.#next < this.#operands.length) {
      const extra = this.#operands.slice(this.#next).map((operand) => `${operand.type}=${formatOperand(operand, 'v', noFlags())}`);
      this.#write(`%!(EXTRA ${extra.join(', ')})`);
    }
    return this.#text;
  }

  #write(text: string): void {
    limitText(this.#text.length + text.length);
    this.#text += text;
  }

  #directive(): void {
    this.#goodIndex = true;
    const flags = noFlags();
    while (setFlag(flags, this.#format[this.#at])) this.#at += 1;
    let afterIndex = this.#index();
    if (this.#take('*')) {
      this.#starWidth(flags);
      afterIndex = false;
    } else {
      flags.width = this.#number();
      if (afterIndex && flags.width !== undefined) this.#goodIndex = false;
    }
    // A point at the very end is no precision but the verb.
    if (this.#at + 1 < this.#format.length && this.#take('.')) {
      if (afterIndex) this.#goodIndex = false;
      afterIndex = this.#index();
      if (this.#take('*')) {
        this.#starPrecision(flags);
        afterIndex = false;
      } else {
        flags.precision = this.#number() ?? 0;
      }
    }
    if (!afterIndex) this.#index();
    const code = this.#format.codePointAt(this.#at);
    if (code === undefined) {
      this.#write('%!(NOVERB)');
      return;
    }
    const verb = String.fromCodePoint(code);
    this.#at += verb.length;
    this.#write(this.#verb(verb, flags));
  }

  #verb(verb: string, flags: Flags): string {
    if (verb === '%') return '%';
    if (!this.#goodIndex) return `%!${verb}(BADINDEX)`;
    const operand = this.#operands[this.#next];
    if (operand === undefined) return `%!${verb}(MISSING)`;
    // Go shows its address, or how it is stored in memory: nothing that a policy could mean.
    if ((verb === 'p' || verb === 'w') && operand.type === '*big.Int') throw new Error(`%${verb} has no value for an integer of this size`);
    if (verb === 'v' || verb === 'w') {
      flags.sharpV = flags.sharp;
      flags.sharp = false;
      flags.plusV = flags.plus;
      flags.plus = false;
    }
    this.#next += 1;
    limitText((flags.width ?? 0) + (flags.precision ?? 0));
    return formatOperand(operand, verb, flags);
  }

  /** `[3]`: the operand to take next. A wrong one is told when the verb comes. */
  #index(): boolean {
    if (this.#format[this.#at] !== '[') return false;
    this.#reordered = true;
    const close = this.#format.indexOf(']', this.#at);
    if (close < 0 || this.#format.length - this.#at < 3) {
      this.#goodIndex = false;
      this.#at += 1;
      return false;
    }
    const inside = this.#format.slice(this.#at + 1, close);
    this.#at = close + 1;
    const index = /^\d+$/.test(inside) && Number(inside) <= largest ? Number(inside) - 1 : undefined;
    if (index === undefined || index < 0 || index >= this.#operands.length) this.#goodIndex = false;
    else this.#next = index;
    return index !== undefined;
  }

  /** Of too large a number Go reads no more, nor of the format. */
  #number(): number | undefined {
    const digits = /^\d*/.exec(this.#format.slice(this.#at))?.[0] ?? '';
    const significant = digits.replace(/^0+/, '');
    this.#at += digits.length;
    if (Number(significant.slice(0, -1)) <= largest) return digits === '' ? undefined : Number(digits);
    this.#at = this.#format.length;
    return undefined;
  }

  #starWidth(flags: Flags): void {
    const given = this.#star();
    if (given === undefined) {
      this.#write('%!(BADWIDTH)');
      return;
    }
    flags.width = Math.abs(given);
    if (given < 0) {
      flags.minus = true;
      flags.zero = false;
    }
  }

  #starPrecision(flags: Flags): void {
    const given = this.#star();
    if (given === undefined || given < 0) this.#write('%!(BADPREC)');
    else flags.precision = given;
  }

  #star(): number | undefined {
    const operand = this.#operands[this.#next];
    if (operand === undefined) return undefined;
    this.#next += 1;
    if (operand.type !== 'int64') return undefined;
    const given = Number(operand.value);
    return Math.abs(given) > largest ? undefined : given;
  }

  #take(mark: string): boolean {
    if (this.#format[this.#at] !== mark) return false;
    this.#at += 1;
    return true;
  }
}

export const formatting: readonly (readonly [string, Builtin])[] = [['sprintf', sprintf]];
