import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { inspect } from 'node:util';
import { Breakage } from '../../gateway/errors.ts';
import type { Vault } from '../../gateway/vault/vault.ts';

/** A vault under test, with a hand on its source. */
export interface Held {
  readonly vault: Vault;
  /** Sets the value of a credential, `undefined` takes it away, and lets a tenth of a second pass. */
  set(id: string, value: string | undefined): void;
}

const unavailable = (error: unknown): boolean => error instanceof Breakage && error.code === 'credential.backend-unavailable';

/** What every vault must do, whatever its source. @param open makes a vault that knows the credentials `one` and `two` */
export async function checkVault(t: TestContext, open: () => Held): Promise<void> {
  await t.test('gives the value, and names its version without telling it', async () => {
    const { vault, set } = open();
    set('one', 'sk-very-secret-value');
    const { secret, version } = await vault.fetch('one');
    assert.equal(secret.reveal(), 'sk-very-secret-value');
    assert.match(version, /^[0-9a-f]{12}$/);
    assert.ok(!inspect(await vault.fetch('one')).includes('very-secret'));
    assert.ok(!JSON.stringify(await vault.fetch('one')).includes('very-secret'));
  });

  await t.test('names the same value by the same version, also after it was read anew', async () => {
    const first = open();
    first.set('one', 'a-value');
    const { version } = await first.vault.fetch('one');
    assert.equal((await first.vault.fetch('one')).version, version);
    const second = open();
    second.set('one', 'a-value');
    assert.equal((await second.vault.fetch('one')).version, version);
  });

  await t.test('gives a rotated value a tenth of a second later, under another version', async () => {
    const { vault, set } = open();
    set('one', 'before');
    const before = await vault.fetch('one');
    set('one', 'behind');
    const after = await vault.fetch('one');
    assert.equal(after.secret.reveal(), 'behind');
    assert.notEqual(after.version, before.version);
    assert.equal(before.secret.reveal(), 'before', 'who already holds the old one keeps it');
  });

  await t.test('keeps credentials apart', async () => {
    const { vault, set } = open();
    set('one', 'the-same');
    set('two', 'the-same');
    assert.notEqual((await vault.fetch('one')).version, (await vault.fetch('two')).version);
  });

  await t.test('has nothing to give for what is missing, empty, taken away or unknown', async () => {
    const { vault, set } = open();
    await assert.rejects(vault.fetch('one'), unavailable);
    set('one', '');
    await assert.rejects(vault.fetch('one'), unavailable);
    set('one', 'there');
    await vault.fetch('one');
    set('one', undefined);
    await assert.rejects(vault.fetch('one'), unavailable);
    for (const id of ['three', '__proto__', 'PATH', '../one']) await assert.rejects(vault.fetch(id), unavailable);
  });
}
