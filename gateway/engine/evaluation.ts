import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../vocabulary/clock.ts';
import type { Circumstances } from '../vocabulary/decision.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Evaluation, RandomBytes } from './builtins/builtin.ts';
import { canonicalNumber, isNumber } from './builtins/decimal.ts';
import { show } from './builtins/order.ts';
import type { RegoValue } from './rego-value.ts';

/**
 * What one evaluation lends to the built-ins: a time that stands still, random values, and a memory of both. With the time and the
 * seed given, an evaluation gives the same again.
 */
export function makeEvaluation(clock: Clock, logger: Logger, { now, seed, taken, strict = false }: Circumstances = {}): Evaluation {
  let time = now;
  let own = seed;
  const known = new Map<string, RegoValue>();
  const record: Record<string, Record<string, unknown>> = {};

  function tell(builtin: string, args: readonly RegoValue[], value: RegoValue): void {
    if (taken === undefined) return;
    const values = record[builtin] ?? {};
    record[builtin] = values;
    values[show(args)] = plain(value);
    taken(record);
  }

  return {
    strict,

    print: (line) => logger.debug('The policy prints', { line }),

    nowNs() {
      time ??= BigInt(Math.trunc(clock.now())) * 1_000_000n;
      tell('time.now_ns', [], time);
      return time;
    },

    recall(builtin, key, args, make) {
      const place = `${builtin} ${key}`;
      own ??= randomUUID();
      const value = known.get(place) ?? make(makeStream(JSON.stringify([own, builtin, key])));
      known.set(place, value);
      tell(builtin, args, value);
      return value;
    },
  };
}

/** SHA-256 of the seed and a counter, block after block. */
function makeStream(seed: string): RandomBytes {
  let block = 0;
  let rest = Buffer.alloc(0);
  return (length) => {
    while (rest.length < length) {
      rest = Buffer.concat([rest, createHash('sha256').update(`${block}:${seed}`).digest()]);
      block += 1;
    }
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };
}

/**
 * Scalars as JSON can hold them. A time of whole milliseconds has at most 15 digits before its zeros, so as a number it is written with exactly
 * those; other integers that a number cannot tell apart stand as text.
 */
function plain(value: RegoValue): unknown {
  if (!isNumber(value)) return value;
  const text = canonicalNumber(value);
  return String(Number(text)) === text ? Number(text) : text;
}
