import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { scanJson } from '../../gateway/json/scan.ts';
import { codeOf, post, serve, limits as small } from '../pipeline/collect/given.ts';

const limits = { maxDepth: 64, maxValues: 1_000_000 };
const problem = (text: string) => {
  const scanned = scanJson(Buffer.from(text), limits);
  return 'problem' in scanned ? scanned.problem : undefined;
};

suite('a text made to exhaust its reader', () => {
  test('a million brackets do not touch the call stack', () => {
    assert.equal(problem(`{"a":${'['.repeat(1_000_000)}`), 'json.too-deep');
    assert.equal(problem('{"a":'.repeat(1_000_000)), 'json.too-deep');
  });

  test('more values than the limit', () => assert.equal(problem(`{"a":[${'0,'.repeat(1_000_000)}0]}`), 'json.too-many-values'));

  test('a new shape for every object: ten megabytes would keep a parser busy for seconds, so they do not reach it', async (t) => {
    const gateway = await serve({ limits: { ...small, bodyBytes: 20e6, inFlightBytes: 20e6 } });
    t.after(gateway.close);
    const shapes = (count: number) =>
      Array.from({ length: count }, (_, shape) => `{${Array.from({ length: 100 }, (_, name) => `"k${shape}_${name}":1`).join()}}`).join();
    for (const [count, code] of [
      [2_001, 'json.too-many-values'],
      [50, undefined],
    ] as const) {
      const handled = gateway.handled();
      await gateway.open(post(`{"model":"small","messages":[],"metadata":[${shapes(count)}]}`));
      assert.equal(codeOf((await handled).result), code);
    }
  });

  test('many keys that collide in a weak hash are all told apart', () => {
    // Every word over {Aa, BB} of one length has the same hash of the 31-times kind. A reader that compares each with each would take minutes.
    const bits = 17;
    const keys = Array.from({ length: 2 ** bits }, (_, i) => i.toString(2).padStart(bits, '0').replace(/0/g, 'Aa').replace(/1/g, 'BB'));
    const object = (names: readonly string[]) => `{${names.map((key) => `"${key}":0`).join()}}`;
    const scan = scanJson(Buffer.from(object(keys)), limits);
    assert.equal('members' in scan && scan.members.size, 2 ** bits);
    assert.equal(problem(object([...keys, keys[4711] ?? ''])), 'json.duplicate-key');
  });

  test('a short object beside many short objects stays linear', () => {
    const text = `{"a":[${'{"x":1,"y":2},'.repeat(50_000)}{}]}`;
    assert.equal(problem(text), undefined);
  });
});
