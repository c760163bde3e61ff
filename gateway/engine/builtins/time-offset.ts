import { BuiltinError } from './builtin.ts';

/** What the elements `-0700`, `Z07:00` and their like take; those with a `Z` take that letter, too. */
export function offsetPattern(element: string): RegExp {
  const groups = element.slice(1).match(/\d\d/g) ?? [];
  const digits = groups.map(() => '\\d\\d').join(element.includes(':') ? ':' : '');
  return new RegExp(`^(?:${element.startsWith('Z') ? 'Z|' : ''}[+-]${digits})`);
}

/** Seconds east of UTC. Go lets an hour be 24, and a minute and a second 60. */
export function readOffset(element: string, text: string): number {
  if (element.startsWith('Z') && text === 'Z') return 0;
  const [hours = 0, minutes = 0, seconds = 0] = (text.match(/\d\d/g) ?? []).map(Number);
  if (hours > 24 || minutes > 60 || seconds > 60) throw new BuiltinError('no such offset');
  return ((hours * 60 + minutes) * 60 + seconds) * (text.startsWith('-') ? -1 : 1);
}

const abbreviation = /^UTC|^GMT(?:[+-]\d+)?|^[+-]\d+|^(?:ChST|MeST|WITA)|^[A-Z]{3,4}T(?![A-Z])|^[A-Z]{3}(?![A-Z])/;

/** What `MST` takes of a text. Beyond 23 hours, `GMT+24` is only `GMT`. */
export function abbreviationAt(text: string): RegExp {
  const found = abbreviation.exec(text)?.[0] ?? '';
  const hours = Number(/[+-]\d+$/.exec(found)?.[0] ?? 0);
  return Math.abs(hours) > 23 ? /^GMT/ : abbreviation;
}
