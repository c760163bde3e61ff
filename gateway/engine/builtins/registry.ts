import { goBuiltins } from '../go-builtins/go-builtins.ts';
import type { Builtin } from './builtin.ts';
import { casts } from './casts.ts';
import { crypto } from './crypto.ts';
import { encoding } from './encoding.ts';
import { globs } from './globs.ts';
import { graph } from './graph.ts';
import { json } from './json.ts';
import { jsonPatch } from './json-patch.ts';
import { net } from './net.ts';
import { numbers } from './numbers.ts';
import { print } from './print.ts';
import { random } from './random.ts';
import { regex } from './regex.ts';
import { semver } from './semver.ts';
import { formatting } from './sprintf.ts';
import { strings } from './strings.ts';
import { subsets } from './subset.ts';
import { time } from './time.ts';
import { units } from './units.ts';
import { uri } from './uri.ts';
import { uuid } from './uuid.ts';

/**
 * Every built-in that the host lends to policies, beside those that are compiled into the module itself. The toolchain builds its capabilities
 * from this list, so a policy that calls anything else fails when it is built, and again by name when it is loaded. Those that OPA's Go code answers
 * stand first: where one is also written here, that wins.
 */
export const hostBuiltins: ReadonlyMap<string, Builtin> = new Map([
  ...goBuiltins,
  ...casts,
  ...crypto,
  ...encoding,
  ...formatting,
  ...globs,
  ...graph,
  ...json,
  ...jsonPatch,
  ...net,
  ...numbers,
  ...print,
  ...random,
  ...regex,
  ...semver,
  ...strings,
  ...subsets,
  ...time,
  ...units,
  ...uri,
  ...uuid,
]);

/** By the names that authors write: the compiler turns `print` into `internal.print`, or drops it. */
export const hostBuiltinNames: readonly string[] = [...hostBuiltins.keys(), 'print'];
