import type { RegoValue } from '../rego-value.ts';
import type { Builtin } from './builtin.ts';
import { BuiltinLimit, limitMembers, maxMembers } from './limits.ts';
import { membersAt, objectAt } from './operands.ts';
import { keyOf, sortedMembers } from './order.ts';

const deepest = 1024;

/**
 * The paths that lead from the given nodes to where they end: a node without edges, one that the graph lacks (left out), or one that closes a
 * circle (left out, too).
 */
const reachablePaths: Builtin = (args) => {
  const edges = new Map([...objectAt(args, 0)].map(([node, neighbours]) => [keyOf(node), neighboursOf(neighbours)]));
  const paths = new Map<string, RegoValue[]>();
  const path: RegoValue[] = [];
  const onPath = new Set<string>();
  let written = 0;

  function keep(): void {
    written += path.length + 1;
    // A small graph has paths without number, and each is as long as the graph is deep.
    if (written > maxMembers * 4) throw new BuiltinLimit('the paths are too many');
    paths.set(keyOf(path), [...path]);
    limitMembers(paths.size);
  }

  function walk(node: RegoValue): void {
    if (path.length > deepest) throw new BuiltinLimit(`a path is longer than ${deepest} nodes`);
    const key = keyOf(node);
    const neighbours = edges.get(key);
    if (neighbours === undefined) {
      keep();
      return;
    }
    const isNew = !onPath.has(key);
    path.push(node);
    onPath.add(key);
    if (neighbours.length === 0) keep();
    for (const neighbour of neighbours) {
      if (onPath.has(keyOf(neighbour))) keep();
      else walk(neighbour);
    }
    path.pop();
    if (isNew) onPath.delete(key);
  }

  for (const start of membersAt(args, 1)) {
    const neighbours = edges.get(keyOf(start));
    if (neighbours === undefined) continue;
    path.push(start);
    onPath.add(keyOf(start));
    if (neighbours.length === 0) keep();
    // A start that is its own neighbour is on the path twice.
    for (const neighbour of neighbours) walk(neighbour);
    path.pop();
    onPath.clear();
  }
  return new Set(paths.values());
};

function neighboursOf(value: RegoValue): readonly RegoValue[] {
  if (Array.isArray(value)) return value;
  return value instanceof Set ? sortedMembers(value) : [];
}

export const graph: readonly (readonly [string, Builtin])[] = [['graph.reachable_paths', reachablePaths]];
