import type { ErrorCode } from '../../../errors.ts';
import { isObject } from '../../../json/is-object.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Whether a name is not this known name but would pass for it in a reader that ignores case. Go's `encoding/json` does, with Unicode's simple
 * folds (the Kelvin sign is a `k`, the long s an `s`), and servers of models are written in it: such a reader would take `"Model"` for `"model"`.
 */
export function passesFor(name: string, known: ReadonlySet<string>): boolean {
  if (plain.test(name)) return false;
  return known.has(name.toUpperCase().toLowerCase());
}

const plain = /^[a-z0-9_]*$/;

/**
 * Reads parameters out of a body, with the checks that make a policy's reading of them true: the right type, and for numbers one that every reader
 * reads alike. `null` counts as absent: the SDKs send it for a parameter that is not set. The first problem is kept; after it, answers mean nothing.
 */
export class Fields {
  readonly value: JsonObject;
  #problem: ErrorCode | undefined;

  constructor(value: JsonObject) {
    this.value = value;
  }

  get problem(): ErrorCode | undefined {
    return this.#problem;
  }

  fail(problem: ErrorCode): undefined {
    this.#problem ??= problem;
    return undefined;
  }

  has(name: string): boolean {
    return this.value[name] !== undefined && this.value[name] !== null;
  }

  flag(name: string): boolean | undefined {
    const value = this.value[name];
    if (value === undefined || value === null || typeof value === 'boolean') return value ?? undefined;
    return this.fail('parameter.invalid');
  }

  /** A short word, such as a tier. Anything longer is not one and has no place in a policy's input. */
  word(name: string, from: JsonObject = this.value): string | undefined {
    const value = from[name];
    if (value === undefined || value === null) return undefined;
    return typeof value === 'string' && value.length <= 256 ? value : this.fail('parameter.invalid');
  }

  /** A number that is finite and, where it is whole, exact. */
  number(name: string): number | undefined {
    const value = this.value[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'number') return this.fail('parameter.invalid');
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) return this.fail('json.unsafe-number');
    return value;
  }

  /** A whole number, spelled `1` or `1.0`. */
  integer(name: string, least: number): number | undefined {
    const value = this.number(name);
    if (value === undefined) return undefined;
    if (!Number.isInteger(value)) return this.fail('json.unsafe-number');
    return value >= least ? value : this.fail('parameter.invalid');
  }

  list(name: string, from: JsonObject = this.value): readonly unknown[] | undefined {
    const value = from[name];
    if (value === undefined || value === null) return undefined;
    return Array.isArray(value) ? (value as readonly unknown[]) : this.fail('parameter.invalid');
  }

  object(name: string, from: JsonObject = this.value): JsonObject | undefined {
    const value = from[name];
    if (value === undefined || value === null) return undefined;
    return isObject(value) ? value : this.fail('parameter.invalid');
  }
}
