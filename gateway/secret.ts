import { inspect } from 'node:util';
import type { Secret } from './vocabulary/secret.ts';

class Sealed implements Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toJSON(): '[secret]' {
    return '[secret]';
  }

  toString(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** Wraps a clear text so that it is used only on purpose. */
export function seal(value: string): Secret {
  return new Sealed(value);
}
