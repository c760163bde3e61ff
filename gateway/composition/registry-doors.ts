import { randomBytes } from 'node:crypto';
import type { AdminDoor } from '../http/admin/door.ts';
import { makeKeyDoors } from '../http/admin/keys.ts';
import { makeRevocationDoors } from '../http/admin/revocations.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Registry } from './registry.ts';

/** The administrative doors of what the registry keeps. */
export function makeRegistryDoors({ keys, revocations }: Registry, clock: Clock): readonly AdminDoor[] {
  return [
    ...(keys === undefined ? [] : makeKeyDoors({ store: keys.store, pepper: keys.pepper, clock, randomBytes })),
    ...(revocations === undefined ? [] : makeRevocationDoors({ store: revocations.store, clock })),
  ];
}
