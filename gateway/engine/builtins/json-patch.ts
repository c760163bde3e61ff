import type { RegoValue } from '../rego-value.ts';
import { type Builtin, BuiltinError } from './builtin.ts';
import { isNumber, literalOf } from './decimal.ts';
import { BuiltinLimit } from './limits.ts';
import { arrayAt, stringAt, toInt64 } from './operands.ts';
import { equals, keyOf } from './order.ts';

/** JSON Patch (RFC 6902) as OPA extends it: to sets, to keys of any type, and to paths that are arrays of keys. */

/** `copy` can double a document with each operation. */
const mostValues = 262_144;
const mostOperations = 4096;

type Branch =
  | { readonly kind: 'object'; readonly members: Map<string, [key: RegoValue, member: Node]> }
  | { readonly kind: 'array'; readonly members: Node[] }
  | { readonly kind: 'set'; members: Map<string, Node> };
type Node = Branch | { readonly kind: 'scalar'; readonly value: RegoValue };

const patch: Builtin = (args) => {
  const operations = arrayAt(args, 1);
  if (operations.length > mostOperations) throw new BuiltinLimit(`more than ${mostOperations} operations`);
  const document = new Document(args[0] ?? null);
  for (const operation of operations) {
    if (!(operation instanceof Map)) throw new BuiltinError('an operation must be an object');
    apply(document, operation);
  }
  return document.render([]);
};

function apply(document: Document, operation: ReadonlyMap<RegoValue, RegoValue>): void {
  const attribute = (name: string): RegoValue => {
    const value = operation.get(name);
    if (value === undefined) throw new BuiltinError(`missing required attribute '${name}'`);
    return value;
  };
  const path = pathOf(attribute('path'));
  const from = () => pathOf(attribute('from'));
  switch (stringAt([attribute('op')], 0)) {
    case 'add':
      document.insert(path, attribute('value'));
      break;
    case 'remove':
      document.remove(path);
      break;
    case 'replace':
      document.remove(path);
      document.insert(path, attribute('value'));
      break;
    case 'move': {
      const moved = document.render(from());
      document.remove(from());
      document.insert(path, moved);
      break;
    }
    case 'copy':
      document.insert(path, document.render(from()));
      break;
    case 'test':
      if (!equals(document.render(path), attribute('value'))) throw new BuiltinError('the test does not hold');
      break;
    default:
      throw new BuiltinError('unrecognized op');
  }
}

/** A text of segments, or an array of keys. OPA overlooks slashes in front, however many. */
function pathOf(path: RegoValue): readonly RegoValue[] {
  if (Array.isArray(path)) return path;
  const text = stringAt([path], 0);
  if (text === '') return [];
  return text
    .replace(/^\/+/, '')
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

class Document {
  #root: Node | undefined;
  #values = 0;

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
      branch.members.splice(index, 0, node);
    } else {
      if (!equals(key, value)) throw new BuiltinError('the key of a set is its member');
      rekey(branch);
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
    if (branch.kind === 'set') rekey(branch);
    if (branch.kind === 'array') {
      const index = indexOf(key, branch.members.length);
      if (index >= branch.members.length) throw new BuiltinError('index out of bounds');
      branch.members.splice(index, 1);
    } else if (!branch.members.delete(keyOf(key))) {
      throw new BuiltinError('there is no such member');
    }
  }

  render(path: readonly RegoValue[]): RegoValue {
    return render(this.#find(path));
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
    for (const key of path) node = memberOf(node, key);
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
}

function memberOf(node: Node, key: RegoValue): Node {
  let found: Node | undefined;
  if (node.kind === 'object') {
    found = node.members.get(keyOf(key))?.[1];
  } else if (node.kind === 'array') {
    found = node.members[indexOf(key, node.members.length)];
  } else if (node.kind === 'set') {
    rekey(node);
    found = node.members.get(keyOf(key));
  }
  if (found === undefined) throw new BuiltinError('the path does not exist');
  return found;
}

/** A member of a set that was changed has another key by now. */
function rekey(set: Extract<Branch, { kind: 'set' }>): void {
  set.members = new Map([...set.members.values()].map((member) => [keyOf(render(member)), member]));
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

function render(node: Node): RegoValue {
  switch (node.kind) {
    case 'object':
      return new Map([...node.members.values()].map(([key, member]) => [key, render(member)]));
    case 'array':
      return node.members.map(render);
    case 'set':
      return new Set([...node.members.values()].map(render));
    default:
      return node.value;
  }
}

export const jsonPatch: readonly (readonly [string, Builtin])[] = [['json.patch', patch]];
