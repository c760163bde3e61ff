import type { RegoValue } from '../rego-value.ts';
import { BuiltinError } from './builtin.ts';
import { isNumber, literalOf } from './decimal.ts';
import { BuiltinLimit } from './limits.ts';
import { toInt64 } from './operands.ts';
import { equals, keyOf } from './order.ts';

/** `copy` can double a document with each operation. */
const mostValues = 262_144;
/** Every operation may go through all of the document: values that are looked at. */
const mostWork = 2_000_000;

type Branch =
  | { readonly kind: 'object'; readonly members: Map<string, [key: RegoValue, member: Node]> }
  | { readonly kind: 'array'; readonly members: Node[] }
  | { readonly kind: 'set'; members: Map<string, Node> };
type Node = Branch | { readonly kind: 'scalar'; readonly value: RegoValue };

/** A value that can be changed in place, by paths of keys. Paths that lead nowhere throw a BuiltinError. */
export class JsonDocument {
  #root: Node | undefined;
  #values = 0;
  #work = 0;

  constructor(value: RegoValue) {
    this.#root = this.#grow(value);
  }

  insert(path: readonly RegoValue[], value: RegoValue): void {
    const node = this.#grow(value);
    const key = path.at(-1);
    if (key === undefined) {
      this.#root = node;
      return;
    }
    const branch = this.#branch(path.slice(0, -1));
    if (branch.kind === 'object') {
      branch.members.set(keyOf(key), [key, node]);
    } else if (branch.kind === 'array') {
      const index = indexOf(key, branch.members.length);
      if (index > branch.members.length) throw new BuiltinError('index out of bounds');
      this.#splice(branch.members, index, 0, node);
    } else {
      if (!equals(key, value)) throw new BuiltinError('the key of a set is its member');
      this.#rekey(branch);
      branch.members.set(keyOf(value), node);
    }
  }

  remove(path: readonly RegoValue[]): void {
    const key = path.at(-1);
    if (key === undefined) {
      if (this.#root === undefined) throw new BuiltinError('there is nothing left');
      this.#root = undefined;
      return;
    }
    const branch = this.#branch(path.slice(0, -1));
    if (branch.kind === 'set') this.#rekey(branch);
    if (branch.kind === 'array') {
      const index = indexOf(key, branch.members.length);
      if (index >= branch.members.length) throw new BuiltinError('index out of bounds');
      this.#splice(branch.members, index, 1);
    } else if (!branch.members.delete(keyOf(key))) {
      throw new BuiltinError('there is no such member');
    }
  }

  render(path: readonly RegoValue[]): RegoValue {
    return this.#render(this.#find(path));
  }

  #branch(path: readonly RegoValue[]): Branch {
    const node = this.#find(path);
    if (node.kind === 'scalar') throw new BuiltinError('a scalar has no members');
    return node;
  }

  #find(path: readonly RegoValue[]): Node {
    // OPA itself crashes where the whole document is removed and not replaced.
    if (this.#root === undefined) throw new BuiltinError('there is nothing left');
    let node: Node = this.#root;
    for (const key of path) node = this.#memberOf(node, key);
    return node;
  }

  #grow(value: RegoValue): Node {
    this.#values += 1;
    if (this.#values > mostValues) throw new BuiltinLimit(`it would take more than ${mostValues} values`);
    if (Array.isArray(value)) return { kind: 'array', members: value.map((member) => this.#grow(member)) };
    if (value instanceof Set) return { kind: 'set', members: new Map([...value].map((member) => [keyOf(member), this.#grow(member)])) };
    if (!(value instanceof Map)) return { kind: 'scalar', value };
    return { kind: 'object', members: new Map([...value].map(([key, member]) => [keyOf(key), [key, this.#grow(member)]])) };
  }

  #memberOf(node: Node, key: RegoValue): Node {
    this.#spend(1);
    let found: Node | undefined;
    if (node.kind === 'object') {
      found = node.members.get(keyOf(key))?.[1];
    } else if (node.kind === 'array') {
      found = node.members[indexOf(key, node.members.length)];
    } else if (node.kind === 'set') {
      this.#rekey(node);
      found = node.members.get(keyOf(key));
    }
    if (found === undefined) throw new BuiltinError('the path does not exist');
    return found;
  }

  /** A member of a set that was changed has another key by now. */
  #rekey(set: Extract<Branch, { kind: 'set' }>): void {
    // Writing a key takes some times what looking at the member does.
    this.#spend(set.members.size * 4);
    set.members = new Map([...set.members.values()].map((member) => [keyOf(this.#render(member)), member]));
  }

  #render(node: Node): RegoValue {
    this.#spend(1);
    switch (node.kind) {
      case 'object':
        return new Map([...node.members.values()].map(([key, member]) => [key, this.#render(member)]));
      case 'array':
        return node.members.map((member) => this.#render(member));
      case 'set':
        return new Set([...node.members.values()].map((member) => this.#render(member)));
      default:
        return node.value;
    }
  }

  #splice(members: Node[], index: number, removed: number, ...added: readonly Node[]): void {
    // Moving a member takes a fraction of what looking at it does.
    this.#spend(members.length / 64);
    members.splice(index, removed, ...added);
  }

  #spend(work: number): void {
    this.#work += work;
    if (this.#work > mostWork) throw new BuiltinLimit(`it would look at more than ${mostWork} values`);
  }
}

/** `-` is the place after the last. */
function indexOf(key: RegoValue, length: number): number {
  if (key === '-') return length;
  const literal = typeof key === 'string' ? key : isNumber(key) ? literalOf(key) : undefined;
  const index = literal === undefined ? undefined : toInt64(literal);
  const hasZero = typeof key === 'string' && key !== '0' && key.startsWith('0');
  if (index === undefined || index < 0n || hasZero) throw new BuiltinError('not an index');
  return Number(index);
}
