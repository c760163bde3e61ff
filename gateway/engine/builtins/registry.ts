import { goBuiltins } from '../go-builtins/go-builtins.ts';
import type { Builtin } from './builtin.ts';
import { crypto } from './crypto.ts';
import { encoding } from './encoding.ts';
import { print } from './print.ts';
import { semver } from './semver.ts';
import { strings } from './strings.ts';
import { time } from './time.ts';

/**
 * Every built-in that the host lends to policies, beside those that are compiled into the module itself. The toolchain builds its capabilities
 * from this list, so a policy that calls anything else fails when it is built, and again by name when it is loaded. Those that OPA's Go code answers
 * stand first: where one is also written here, that wins.
 */
export const hostBuiltins: ReadonlyMap<string, Builtin> = new Map([
  ...goBuiltins,
  ...crypto,
  ...encoding,
  ...print,
  ...semver,
  ...strings,
  ...time,
]);

/** By the names that authors write: the compiler turns `print` into `internal.print`, or drops it. */
export const hostBuiltinNames: readonly string[] = [...hostBuiltins.keys(), 'print'];
