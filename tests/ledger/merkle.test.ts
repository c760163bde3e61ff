import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { emptyTree, findPath, followPath, growTree, hashLeaf, hashNode, rootOf } from '../../gateway/ledger/merkle.ts';
import { rootFromDocs } from './second-verifier.ts';

const lines = Array.from({ length: 70 }, (_, n) => createHash('sha256').update(`line ${n}`).digest('hex'));

test('a leaf and a node are what RFC 9162 section 2.1.1 says, and cannot pass for one another', () => {
  const [a = '', b = ''] = lines;
  const sha = (text: string) => createHash('sha256').update(Buffer.from(text, 'hex')).digest('hex');
  assert.equal(hashLeaf(a), sha(`00${a}`));
  assert.equal(hashNode(a, b), sha(`01${a}${b}`));
  assert.equal(rootOf(emptyTree), createHash('sha256').digest('hex'));
});

test('a tree that grew has the root that the RFC defines, however it grew', () => {
  for (let size = 1; size <= lines.length; size += 1) {
    const expected = rootFromDocs(lines.slice(0, size)).toString('hex');
    assert.equal(rootOf(growTree(emptyTree, lines.slice(0, size))), expected, `${size} at once`);
    const half = growTree(emptyTree, lines.slice(0, Math.floor(size / 3)));
    assert.equal(rootOf(growTree(half, lines.slice(Math.floor(size / 3), size))), expected, `${size} in two parts`);
  }
});

test('growing a tree leaves the one before as it was', () => {
  const before = growTree(emptyTree, lines.slice(0, 7));
  const root = rootOf(before);
  growTree(before, lines.slice(7));
  assert.equal(rootOf(before), root);
});

test('each line of each tree can be proved, and nothing else can', () => {
  for (let size = 1; size <= 33; size += 1) {
    const held = lines.slice(0, size);
    const root = rootOf(growTree(emptyTree, held));
    for (let index = 0; index < size; index += 1) {
      const path = findPath(held, index);
      const line = held[index] ?? '';
      assert.equal(followPath(line, index, size, path), root, `${index} of ${size}`);
      assert.notEqual(followPath(lines[size] ?? '', index, size, path), root, 'another line');
      if (size > 1) assert.notEqual(followPath(line, (index + 1) % size, size, path), root, 'another place');
      assert.notEqual(followPath(line, index, size, [...path, root]), root, 'a longer path');
      if (path.length > 0) assert.notEqual(followPath(line, index, size, path.slice(1)), root, 'a shorter path');
    }
    assert.equal(followPath(held[0] ?? '', size, size, []), undefined, 'beyond the end');
  }
});
