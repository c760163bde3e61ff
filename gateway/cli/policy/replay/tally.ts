import type { VerdictChange } from '../../../vocabulary/verdict.ts';
import type { Change, Replayed } from './replay-record.ts';

/** Group → change → how many. */
export type Groups = Record<string, Partial<Record<VerdictChange, number>>>;

/** What came of many decisions. A decision that differs in two ways counts in both; one of two teams counts for each. */
export interface Tally {
  /** Decisions on record, in the time asked for. */
  decisions: number;
  not_asked: number;
  inexact: number;
  compared: number;
  changed: number;
  /** The candidate looked at the clock where the decision had not: it was told the time of the record, which is later by milliseconds. */
  clock: number;
  /** Decisions that were made over another catalogue than the one given. */
  other_catalogue: number;
  first?: string;
  last?: string;
  by_change: Partial<Record<VerdictChange, number>>;
  by_reason: Groups;
  by_team: Groups;
  by_model: Groups;
  /** Pointer, or what else was missing → how many. */
  why_inexact: Record<string, number>;
  /** In the order of the record. */
  changes: Change[];
  changes_omitted: number;
}

/** What callers write names groups and pointers: no report grows without end by that. */
const mostGroups = 1000;
const mostChanges = 10_000;
export const others = '(others)';

export function emptyTally(): Tally {
  return {
    ...{ decisions: 0, not_asked: 0, inexact: 0, compared: 0, changed: 0, clock: 0, other_catalogue: 0 },
    ...{ by_change: {}, by_reason: {}, by_team: {}, by_model: {}, why_inexact: {}, changes: [], changes_omitted: 0 },
  };
}

/** Counts one decision. */
export function count(tally: Tally, timestamp: string, replayed: Replayed): void {
  tally.decisions += 1;
  if (tally.first === undefined || timestamp < tally.first) tally.first = timestamp;
  if (tally.last === undefined || timestamp > tally.last) tally.last = timestamp;
  if (replayed.kind === 'not-asked') tally.not_asked += 1;
  else if (replayed.kind === 'inexact') {
    tally.inexact += 1;
    for (const why of new Set(replayed.why)) add(tally.why_inexact, why, 1);
  } else {
    tally.compared += 1;
    if (replayed.clock) tally.clock += 1;
    if (replayed.change !== undefined) countChange(tally, replayed.change);
  }
}

function countChange(tally: Tally, change: Change): void {
  tally.changed += 1;
  const groups: readonly (readonly [Groups, readonly string[], string])[] = [
    [tally.by_reason, change.reasons, '(the same reasons)'],
    [tally.by_team, change.teams, '(no team)'],
    [tally.by_model, change.model === undefined ? [] : [change.model], '(no model)'],
  ];
  for (const kind of change.changes) {
    add(tally.by_change, kind, 1);
    for (const [group, names, none] of groups)
      for (const name of names.length === 0 ? [none] : new Set(names)) add(groupOf(group, name), kind, 1);
  }
  if (tally.changes.length < mostChanges) tally.changes.push(change);
  else tally.changes_omitted += 1;
}

/** Adds what another part of the record came to. Parts are added in the order of the record. */
export function merge(into: Tally, part: Tally): void {
  for (const name of ['decisions', 'not_asked', 'inexact', 'compared', 'changed', 'clock', 'other_catalogue', 'changes_omitted'] as const)
    into[name] += part[name];
  if (part.first !== undefined && (into.first === undefined || part.first < into.first)) into.first = part.first;
  if (part.last !== undefined && (into.last === undefined || part.last > into.last)) into.last = part.last;
  for (const [kind, times] of Object.entries(part.by_change)) add(into.by_change, kind, times);
  for (const [why, times] of Object.entries(part.why_inexact)) add(into.why_inexact, why, times);
  for (const name of ['by_reason', 'by_team', 'by_model'] as const) {
    for (const [group, kinds] of Object.entries(part[name]))
      for (const [kind, times] of Object.entries(kinds)) add(groupOf(into[name], group), kind, times);
  }
  const room = mostChanges - into.changes.length;
  into.changes.push(...part.changes.slice(0, room));
  into.changes_omitted += Math.max(part.changes.length - room, 0);
}

function groupOf(groups: Groups, name: string): Groups[string] {
  const place = placeFor(groups, name);
  const group = (Object.hasOwn(groups, place) ? groups[place] : undefined) ?? {};
  // Not an assignment: a group may be called `__proto__`.
  Object.defineProperty(groups, place, { value: group, enumerable: true, configurable: true, writable: true });
  return group;
}

function add(counts: Partial<Record<string, number>>, name: string, times: number): void {
  const place = placeFor(counts, name);
  const value = (Object.hasOwn(counts, place) ? (counts[place] ?? 0) : 0) + times;
  Object.defineProperty(counts, place, { value, enumerable: true, configurable: true, writable: true });
}

function placeFor(groups: object, name: string): string {
  return Object.hasOwn(groups, name) || Object.keys(groups).length < mostGroups ? name : others;
}
