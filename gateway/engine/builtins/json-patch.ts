import type { RegoValue } from '../rego-value.ts';
import { type Builtin, BuiltinError } from './builtin.ts';
import { JsonDocument } from './json-document.ts';
import { BuiltinLimit } from './limits.ts';
import { arrayAt, stringAt } from './operands.ts';
import { equals } from './order.ts';

/** JSON Patch (RFC 6902) as OPA extends it: to sets, to keys of any type, and to paths that are arrays of keys. */

const mostOperations = 4096;

const patch: Builtin = (args) => {
  const operations = arrayAt(args, 1);
  if (operations.length > mostOperations) throw new BuiltinLimit(`more than ${mostOperations} operations`);
  const document = new JsonDocument(args[0] ?? null);
  for (const operation of operations) {
    if (!(operation instanceof Map)) throw new BuiltinError('an operation must be an object');
    apply(document, operation);
  }
  return document.render([]);
};

function apply(document: JsonDocument, operation: ReadonlyMap<RegoValue, RegoValue>): void {
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

export const jsonPatch: readonly (readonly [string, Builtin])[] = [['json.patch', patch]];
