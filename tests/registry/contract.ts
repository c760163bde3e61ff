import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredKey } from '../../gateway/registry/key-document.ts';
import type { KeyRing } from '../../gateway/registry/key-ring.ts';
import type { KeyStore } from '../../gateway/registry/key-store.ts';
import type { RevocationList, RevocationStore } from '../../gateway/registry/revocation.ts';

export interface Opened {
  readonly keys: KeyStore;
  readonly ring: KeyRing;
  readonly revocations: RevocationStore & RevocationList;
}

export const storedKey = (id: string, more: Partial<StoredKey> = {}): StoredKey => ({
  ...{ id, name: 'ci-bot', kind: 'service', owner: { kind: 'team', id: 'research' }, roles: ['ci'], groups: [], scopes: [], claims: {} },
  ...{ created_at: '2026-01-01T00:00:00.000Z', hash: 'a'.repeat(64) },
  ...more,
});

const found = (ring: KeyRing, id: string) => {
  const key = ring.find(id);
  assert.notEqual(key, 'unknown');
  return key === 'unknown' ? undefined : key;
};

/** What every store of keys and revocations does. `open` gives an empty one, with the copy in memory that requests look into. */
export function testRegistry(title: string, open: () => Promise<Opened>): void {
  test(`${title}: a key that is added is found, and nothing else`, async () => {
    const { keys, ring } = await open();
    assert.equal(found(ring, 'aaaaaaaaaa'), undefined);
    await keys.add(storedKey('aaaaaaaaaa', { limits: { models: ['small'], budget: { tokens_per_day: 5 } } }));
    assert.deepEqual(found(ring, 'aaaaaaaaaa')?.key.limits, { models: ['small'], budget: { tokens_per_day: 5 } });
    assert.equal(found(ring, 'bbbbbbbbbb'), undefined);
    assert.ok(!('hash' in (found(ring, 'aaaaaaaaaa')?.key ?? {})), 'the hash does not travel with the key');
    assert.deepEqual(await keys.all(), [storedKey('aaaaaaaaaa', { limits: { models: ['small'], budget: { tokens_per_day: 5 } } })]);
  });

  test(`${title}: a rotated key goes on for its overlap, and never longer than it would have`, async () => {
    const { keys, ring } = await open();
    await keys.add(storedKey('aaaaaaaaaa'));
    await keys.add(storedKey('bbbbbbbbbb', { hash: 'b'.repeat(64) }), { id: 'aaaaaaaaaa', until: '2026-06-01T00:00:00.000Z' });
    assert.equal(found(ring, 'aaaaaaaaaa')?.key.expires_at, '2026-06-01T00:00:00.000Z');
    assert.equal(found(ring, 'bbbbbbbbbb')?.key.expires_at, undefined);
    await keys.add(storedKey('cccccccccc'), { id: 'aaaaaaaaaa', until: '2026-09-01T00:00:00.000Z' });
    assert.equal(found(ring, 'aaaaaaaaaa')?.key.expires_at, '2026-06-01T00:00:00.000Z');
    await assert.rejects(keys.add(storedKey('dddddddddd'), { id: 'zzzzzzzzzz', until: '2026-06-01T00:00:00.000Z' }), {
      code: 'admin.not-found',
    });
    assert.equal((await keys.all()).length, 3);
  });

  test(`${title}: a revoked key stays known as revoked, cannot be rotated, and revoking again changes nothing`, async () => {
    const { keys, ring } = await open();
    await keys.add(storedKey('aaaaaaaaaa'));
    assert.deepEqual(await keys.revoke('aaaaaaaaaa', '2026-02-01T00:00:00.000Z'), {});
    assert.deepEqual(await keys.revoke('aaaaaaaaaa', '2026-03-01T00:00:00.000Z'), { already: '2026-02-01T00:00:00.000Z' });
    assert.equal(found(ring, 'aaaaaaaaaa')?.key.revoked_at, '2026-02-01T00:00:00.000Z');
    await assert.rejects(keys.revoke('zzzzzzzzzz', '2026-02-01T00:00:00.000Z'), { code: 'admin.not-found' });
    await assert.rejects(keys.add(storedKey('bbbbbbbbbb'), { id: 'aaaaaaaaaa', until: '2026-06-01T00:00:00.000Z' }), {
      code: 'admin.conflict',
    });
  });

  test(`${title}: a name has one holder`, async () => {
    const { keys, ring } = await open();
    await keys.add(storedKey('aaaaaaaaaa'));
    await assert.rejects(keys.add(storedKey('bbbbbbbbbb', { owner: { kind: 'person', id: 'okta:mallory' } })));
    assert.equal(found(ring, 'bbbbbbbbbb'), undefined);
  });

  test(`${title}: changes that come together are all kept`, async () => {
    const { keys } = await open();
    const ids = [...'abcdefghij'].map((letter) => letter.repeat(10));
    await Promise.all(ids.map((id) => keys.add(storedKey(id))));
    assert.deepEqual((await keys.all()).map(({ id }) => id).sort(), ids);
  });

  test(`${title}: the latest use of a key counts`, async () => {
    const { keys } = await open();
    await keys.add(storedKey('aaaaaaaaaa'));
    const at = Date.parse('2026-05-01T00:00:00.000Z');
    await keys.noteUses(new Map([['aaaaaaaaaa', at]]));
    await keys.noteUses(new Map([['aaaaaaaaaa', at - 1000]]));
    assert.equal((await keys.lastUses()).get('aaaaaaaaaa'), '2026-05-01T00:00:00.000Z');
  });

  test(`${title}: what is revoked is known at once here, until it is lifted`, async () => {
    const { revocations } = await open();
    assert.equal(revocations.isEmpty(), true);
    await revocations.add({ kind: 'subject', id: 'okta:00u1', at: '2026-01-01T00:00:00.000Z' });
    assert.equal(revocations.isEmpty(), false);
    assert.equal(revocations.has('subject', 'okta:00u1'), true);
    assert.equal(revocations.has('token', 'okta:00u1'), false, 'another kind');
    assert.equal(revocations.has('subject', 'okta:00u11'), false);
    await revocations.add({ kind: 'subject', id: 'okta:00u1', at: '2026-01-02T00:00:00.000Z' });
    assert.equal((await revocations.all()).length, 1);
    await revocations.lift('subject', 'okta:00u1');
    assert.equal(revocations.has('subject', 'okta:00u1'), false);
    await assert.rejects(revocations.lift('subject', 'okta:00u1'), { code: 'admin.not-found' });
  });

  test(`${title}: a revocation whose time is over is forgotten with the next`, async () => {
    const { revocations } = await open();
    await revocations.add({ kind: 'token', id: 'old', at: '2020-01-01T00:00:00.000Z', until: '2020-01-02T00:00:00.000Z' });
    await revocations.add({ kind: 'token', id: 'new', at: '2026-01-01T00:00:00.000Z' });
    assert.deepEqual(
      (await revocations.all()).map(({ id }) => id),
      ['new'],
    );
  });
}
