import type { Clock } from '../../../vocabulary/clock.ts';
import type { Shelf } from '../../../vocabulary/session.ts';

interface Entry {
  readonly value: string;
  readonly until: number;
}

/** How many writes pass between two looks for what has expired. */
const sweepEvery = 256;

/** The shelf in the memory of one process: it ends with it, and no other node sees it. */
export function makeMemoryShelf({ clock }: { readonly clock: Pick<Clock, 'now'> }): Shelf {
  const entries = new Map<string, Entry>();
  const sets = new Map<string, Map<string, number>>();
  let writes = 0;

  function live(key: string): Entry | undefined {
    const entry = entries.get(key);
    if (entry !== undefined && entry.until > clock.now()) return entry;
    entries.delete(key);
    return undefined;
  }

  function sweep(): void {
    writes += 1;
    if (writes % sweepEvery !== 0) return;
    const now = clock.now();
    for (const [key, { until }] of entries) if (until <= now) entries.delete(key);
    for (const [name, members] of sets) {
      for (const [member, until] of members) if (until <= now) members.delete(member);
      if (members.size === 0) sets.delete(name);
    }
  }

  return {
    async get(key) {
      return live(key)?.value;
    },
    async put(key, value, until) {
      sweep();
      entries.set(key, { value, until });
    },
    async add(key, value, until) {
      sweep();
      if (live(key) !== undefined) return false;
      entries.set(key, { value, until });
      return true;
    },
    async take(key) {
      const entry = live(key);
      entries.delete(key);
      return entry?.value;
    },
    async enlist(set, member, until) {
      sweep();
      const members = sets.get(set) ?? new Map<string, number>();
      members.set(member, Math.max(until, members.get(member) ?? 0));
      sets.set(set, members);
    },
    async members(set) {
      const now = clock.now();
      return [...(sets.get(set) ?? [])].filter(([, until]) => until > now).map(([member]) => member);
    },
    async strike(set, member) {
      const members = sets.get(set);
      members?.delete(member);
      if (members?.size === 0) sets.delete(set);
    },
    async close() {
      entries.clear();
      sets.clear();
    },
  };
}
