import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { unpackBundle } from '../../../gateway/bundle/unpack-bundle.ts';
import { BundleBreakage } from '../../../gateway/errors.ts';
import type { Asked, Source } from '../../../gateway/rollout/sources/source.ts';
import type { BundleFailureKind } from '../../../gateway/vocabulary/bundles.ts';

/** A place that bundles are published at, and the source that reads it. */
export interface Stand {
  readonly source: Source;
  /** Publishes: file name → content. */
  publish(files: Readonly<Record<string, string>>): Promise<void>;
  /** Takes the bundle away, or makes the place unreachable. */
  withdraw(): Promise<void>;
  /** Secrets that the source holds; none may ever be shown. */
  readonly secrets?: readonly string[];
  close(): Promise<void>;
}

/** What every source must keep to. */
export function describeSource(name: string, open: () => Promise<Stand>): void {
  describe(`a source that is ${name}`, () => {
    let stand: Stand;
    before(async () => {
      stand = await open();
    });
    after(() => stand.close());
    const ask = (validator?: string): Promise<Asked> =>
      stand.source.ask({ ...(validator === undefined ? {} : { validator }), signal: new AbortController().signal });
    const manifest = (revision: string) => ({ '.manifest': JSON.stringify({ revision }), 'data.json': JSON.stringify({ revision }) });

    async function revisionOf({ received }: Asked): Promise<unknown> {
      const files = await unpackBundle(received?.bytes ?? assert.fail('nothing was received'));
      return (JSON.parse(Buffer.from(files.get('.manifest') ?? []).toString()) as { revision: unknown }).revision;
    }

    it('says that it has nothing, as a failure of a known kind', async () => {
      await stand.withdraw();
      await assert.rejects(ask(), failed(['unreachable', 'answer'], stand));
    });

    it('gives what is published, whole, and a name for it', async () => {
      await stand.publish(manifest('one'));
      const asked = await ask();
      assert.equal(await revisionOf(asked), 'one');
      assert.equal(typeof asked.received?.validator, 'string');
    });

    it('says that nothing has changed, as often as it is asked', async () => {
      const { received } = await ask();
      assert.deepEqual((await ask(received?.validator)).received, undefined);
      assert.deepEqual((await ask(received?.validator)).received, undefined);
    });

    it('gives what is new', async () => {
      const { received } = await ask();
      await stand.publish(manifest('two'));
      assert.equal(await revisionOf(await ask(received?.validator)), 'two');
    });

    it('gives the same bytes for the same content', async () => {
      const one = (await ask()).received?.bytes;
      assert.deepEqual((await ask()).received?.bytes, one);
    });

    it('fails while it is away, and gives what is there when it is back', async () => {
      await stand.withdraw();
      await assert.rejects(ask(), failed(['unreachable', 'answer'], stand));
      await stand.publish(manifest('three'));
      assert.equal(await revisionOf(await ask()), 'three');
    });

    it('shows where it reads, and no secret', () => {
      assert.notEqual(stand.source.origin, '');
      for (const secret of stand.secrets ?? []) assert.ok(!stand.source.origin.includes(secret));
    });
  });
}

/** A failure of one of the kinds, with a sentence for operators and no secret in it. */
export function failed(kinds: readonly BundleFailureKind[], { secrets = [] }: Pick<Stand, 'secrets'> = {}, says = /./) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof BundleBreakage, String(error));
    assert.ok(kinds.includes(error.kind), `${error.kind}: ${error.message}`);
    assert.match(error.message, says);
    for (let at: unknown = error; at instanceof Error; at = at.cause) {
      for (const secret of secrets) assert.ok(!at.message.includes(secret), 'a secret is shown');
    }
    return true;
  };
}
