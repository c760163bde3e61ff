import { InvalidArgumentError } from 'commander';
import type { Owner } from '../../vocabulary/identity.ts';

/** Reads `person:okta:00u1` or `team:research`. */
export function parseOwner(text: string): Owner {
  const colon = text.indexOf(':');
  const kind = text.slice(0, Math.max(0, colon));
  const id = text.slice(colon + 1);
  if ((kind !== 'person' && kind !== 'team') || id === '') throw new InvalidArgumentError('Expected person:ID or team:ID.');
  return { kind, id };
}

const unitMs = new Map([
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
]);

/**
 * Reads when a key expires: a span from now (`90d`, `12h`, `4w`, `30m`), a time (RFC 3339), or `never`.
 *
 * @param now milliseconds since the epoch
 * @returns RFC 3339; `undefined` for never
 */
export function parseExpiry(text: string, now: number): string | undefined {
  if (text === 'never') return undefined;
  const [, count, unit] = /^([1-9][0-9]{0,5})([mhdw])$/.exec(text) ?? [];
  const span = unit === undefined ? undefined : unitMs.get(unit);
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const at = span !== undefined ? now + Number(count) * span : isTime ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('Expected a span such as 90d or 12h, an RFC 3339 time, or never.');
  if (at <= now) throw new InvalidArgumentError('That time is over.');
  return new Date(at).toISOString();
}

/** Adds one `name=value` to those before. */
export function collectClaim(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('Expected name=value.');
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** Adds one value of an option that may be given several times. */
export function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

/** A whole number that is not negative. */
export function parseCount(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}
