import { type Document, isScalar, type Node, type Scalar, visit } from 'yaml';

const reference = /\$\{([^}]*)\}?/g;
const complete = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/**
 * Replaces `${NAME}` in values by the environment's value, once: what the environment holds is never searched for references. The file stays
 * free of secrets. A variable that is missing is an error, never an empty text; so is anything else that begins like a reference, and a
 * reference in a key. `__proto__` is no key: a reader that assigns it would change an object's prototype and lose the setting.
 */
export function expandEnvironment(
  document: Document,
  environment: Readonly<Record<string, string | undefined>>,
  report: (node: Node, message: string) => void,
): void {
  visit(document, {
    Alias(_key, node) {
      if (node.resolve(document) === undefined) report(node, 'this alias (*name) has no anchor (&name) before it');
    },
    Pair(_key, { key }) {
      if (!isScalar<unknown>(key) || typeof key.value !== 'string') return;
      if (key.value.includes('${')) report(key, 'environment variables are replaced in values, not in keys');
      if (key.value === '__proto__') report(key, 'this name cannot be a key');
    },
    Scalar(position, node: Scalar) {
      if (position === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      node.value = node.value.replace(reference, (whole) => {
        const name = complete.exec(whole)?.[1];
        if (name === undefined) {
          report(node, 'a reference to the environment is a dollar sign and a name in braces; a name is letters, digits and _');
          return whole;
        }
        const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
        if (value === undefined) report(node, `the environment variable ${name} is not set`);
        return value ?? whole;
      });
    },
  });
}
