import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { scanJson } from '../../gateway/json/scan.ts';

const limits = { maxDepth: 64, maxValues: 1_000_000 };
const problem = (text: string) => {
  const scanned = scanJson(Buffer.from(text), limits);
  return 'problem' in scanned ? scanned.problem : undefined;
};

/** Milliseconds of the quickest of three runs. */
function quickest(run: () => unknown): number {
  return Math.min(
    ...[0, 1, 2].map(() => {
      const start = performance.now();
      run();
      return performance.now() - start;
    }),
  );
}

suite('a text made to exhaust its reader', () => {
  test('a million brackets do not touch the call stack', () => {
    assert.equal(problem(`{"a":${'['.repeat(1_000_000)}`), 'json.too-deep');
    assert.equal(problem('{"a":'.repeat(1_000_000)), 'json.too-deep');
  });

  test('more values than the limit', () => assert.equal(problem(`{"a":[${'0,'.repeat(1_000_000)}0]}`), 'json.too-many-values'));

  test('many keys cost linear time, also where they collide in a weak hash', () => {
    // Every word over {Aa, BB} of one length has the same hash of the 31-times kind.
    const colliding = (bits: number) => {
      const keys = Array.from({ length: 2 ** bits }, (_, i) => i.toString(2).padStart(bits, '0').replace(/0/g, 'Aa').replace(/1/g, 'BB'));
      return Buffer.from(`{${keys.map((key) => `"${key}":0`).join()}}`);
    };
    const [few, many] = [colliding(11), colliding(16)];
    const run = (bytes: Buffer) => () => assert.ok('members' in scanJson(bytes, limits));
    run(few)();
    const ratio = quickest(run(many)) / quickest(run(few));
    // 32 times as many keys, each longer: about 45 times the bytes. Quadratic time would show as a thousand.
    assert.ok(ratio < 300, `${ratio}`);
  });

  test('a short object beside many short objects stays linear', () => {
    const text = `{"a":[${'{"x":1,"y":2},'.repeat(50_000)}{}]}`;
    assert.equal(problem(text), undefined);
  });
});
