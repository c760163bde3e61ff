import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeWhole } from '../files/edit-file.ts';
import type { AdminDoor } from '../http/admin/door.ts';
import { makePushDoor } from '../http/admin/push-bundle.ts';
import type { BundleConfiguration } from '../vocabulary/bundles.ts';
import type { Policy } from './policy.ts';

/** The door for bundles that are pushed; none where no bundle is. One push after the other, so that each hears of its own bundle. */
export function makePushDoors(
  bundles: readonly BundleConfiguration[],
  { refresh, status }: Pick<Policy, 'refresh' | 'status'>,
): readonly AdminDoor[] {
  const places = new Map(
    bundles.flatMap(({ name, source }) => (source.kind === 'file' && source.pushed === true ? [[name, source.path] as const] : [])),
  );
  if (places.size === 0) return [];
  let turn: Promise<unknown> = Promise.resolve();

  async function pushNow(name: string, bytes: Buffer): Promise<{ readonly revision: string } | { readonly problem: string }> {
    const path = places.get(name);
    if (path === undefined) return { problem: 'no bundle of this name comes by push' };
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const before = existsSync(path) ? readFileSync(path) : undefined;
    writeWhole(path, bytes);
    await refresh();
    const now = status().bundles[name];
    const revision = now?.active_revision;
    if (now?.digest === createHash('sha256').update(bytes).digest('hex') && revision !== undefined) return { revision };
    // What was refused must not lie there to be refused again at every start.
    if (before === undefined) rmSync(path, { force: true });
    else writeWhole(path, before);
    await refresh();
    return { problem: now?.message ?? 'an operator holds the gateway to another revision' };
  }

  const push = (name: string, bytes: Buffer) => {
    const done = turn.then(() => pushNow(name, bytes));
    turn = done.catch(() => undefined);
    return done;
  };
  return [makePushDoor({ names: new Set(places.keys()), push })];
}
