import { type Document, type Node, type Scalar, visit } from 'yaml';

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * Replaces `${NAME}` in string values by the environment's value; keys are left alone. The file stays free of secrets, and a missing variable
 * is an error, never an empty string.
 */
export function expandEnvironment(
  document: Document,
  environment: Readonly<Record<string, string | undefined>>,
  report: (node: Node, message: string) => void,
): void {
  visit(document, {
    Scalar(key, node: Scalar) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      node.value = node.value.replace(reference, (whole, name: string) => {
        const value = environment[name];
        if (value !== undefined) return value;
        report(node, `the environment variable ${name} is not set`);
        return whole;
      });
    },
  });
}
