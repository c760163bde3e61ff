import { inspect } from 'node:util';
import type { LogFields } from '../vocabulary/logger.ts';

export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

// Control characters beyond those that JSON escapes: DEL, C1 (0x9b starts a terminal's escape sequence), and Unicode's line separators.
const unsafe = /[\u007f-\u009f\u2028\u2029]/g;
const escapeUnsafe = (text: string): string => text.replace(unsafe, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
const plain = /^[\w.:/@+,%-]+$/;
const colours: Readonly<Record<string, string>> = { error: '\u001b[31m', warn: '\u001b[33m', info: '\u001b[36m', debug: '\u001b[90m' };
const reset = '\u001b[0m';

/** One line of JSON: time, level, message, then the fields. */
export function renderJson({ time, level, message, fields }: LogLine): string {
  // The fields come last and cannot replace what stands before them.
  const { time: _t, level: _l, message: _m, ...rest } = fields;
  const head = { time, level, message };
  try {
    return escapeUnsafe(JSON.stringify({ ...head, ...rest }, replace));
  } catch (error) {
    // A cycle, or a getter that throws. A log line must never be what brings a request down; what can be shown is shown.
    return escapeUnsafe(JSON.stringify({ ...head, fields: show(rest), unprintable: error instanceof Error ? error.name : 'unknown' }));
  }
}

/** One line for people: `12:00:00.000 info  message  key=value …`; stacks of errors follow on lines of their own. */
export function renderPretty({ time, level, message, fields }: LogLine, colour: boolean): string {
  const shown = level.padEnd(5);
  const parts = Object.entries(fields).map(([key, value]) => `${key}=${renderValue(value)}`);
  const line = `${time.slice(11, 23)} ${colour ? `${colours[level] ?? ''}${shown}${reset}` : shown} ${escapeUnsafe(message)}`;
  const stacks = Object.values(fields).filter((value) => value instanceof Error);
  const under = level === 'error' ? stacks.map((error) => `\n    ${escapeStack(error)}`).join('') : '';
  return `${[line, ...parts].join('  ')}${under}`;
}

function renderValue(value: unknown): string {
  if (typeof value === 'string') return plain.test(value) ? value : escapeUnsafe(JSON.stringify(value));
  if (value instanceof Error) return escapeUnsafe(JSON.stringify(`${value.name}: ${value.message}`));
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return escapeUnsafe(JSON.stringify(value, replace));
  } catch {
    // As above: shown by other means, not lost.
    return escapeUnsafe(JSON.stringify(show(value)));
  }
}

function show(value: unknown): string {
  try {
    return inspect(value, { depth: 3, breakLength: Number.POSITIVE_INFINITY });
  } catch {
    // Something whose inspection throws, too. Its fields cannot be shown by any means.
    return '[unprintable]';
  }
}

function escapeStack(error: Error): string {
  const lines = (error.stack ?? String(error)).split('\n').map((line) => JSON.stringify(line).slice(1, -1));
  return escapeUnsafe(lines.join('\n    '));
}

/** Secrets show themselves as `[secret]` (their toJSON); errors and big integers need help. */
function replace(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (!(value instanceof Error)) return value;
  const code = 'code' in value ? value.code : undefined;
  return { name: value.name, message: value.message, code, stack: value.stack, cause: value.cause };
}
