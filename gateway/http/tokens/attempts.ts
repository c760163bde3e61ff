import type { Clock } from '../../vocabulary/clock.ts';
import type { Shelf } from '../../vocabulary/session.ts';

export interface AttemptsNeeds {
  readonly shelf: Shelf;
  readonly clock: Pick<Clock, 'now'>;
  readonly most: number;
  readonly withinSeconds: number;
}

/**
 * Makes a limit that holds on all nodes, and for requests that come at once: there are so many places, and whoever finds none free must wait. A place is taken
 * before it is known whether the attempt fails; one that did not fail gives it back.
 * @param what a word for the thing that is limited; it becomes part of the key
 * @returns a function that takes a place, and gives how to give it back; `undefined` where none is free
 */
export function makeAttempts(what: string, { shelf, clock, most, withinSeconds }: AttemptsNeeds) {
  return async function attempt(who: string): Promise<(() => Promise<void>) | undefined> {
    for (let place = 0; place < most; place += 1) {
      const key = `attempt:${what}:${place}:${who}`;
      if (await shelf.add(key, '', clock.now() + withinSeconds * 1000)) return async () => void (await shelf.take(key));
    }
    return undefined;
  };
}
