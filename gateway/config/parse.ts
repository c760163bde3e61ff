import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigurationError, type Problem } from './problem.ts';
import { type ConfigurationFile, schema } from './schema.ts';
import { expandEnvironment } from './substitute.ts';

/**
 * Reads the text of a configuration file: YAML 1.2, `${NAME}` taken from the environment inside string values, then the schema.
 * @throws ConfigurationError with every problem and its line
 */
export function parseConfiguration(
  file: string,
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): ConfigurationFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number | undefined) => {
    if (offset === undefined) return {};
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    throw new ConfigurationError(
      file,
      document.errors.map((error) => ({ ...place(error.pos[0]), path: '', message: error.message })),
    );
  }
  const problems: Problem[] = [];
  expandEnvironment(document, environment, (node, message) => problems.push({ ...place(node.range?.[0]), path: '', message }));
  if (problems.length > 0) throw new ConfigurationError(file, problems);

  const result = schema.safeParse(document.toJS({ maxAliasCount: 50 }));
  if (result.success) return result.data;
  throw new ConfigurationError(
    file,
    result.error.issues
      .flatMap((issue) => explain(issue))
      .map(({ path, message }) => ({ ...place(offsetOf(document.contents, path)), path: path.join('.'), message })),
  );
}

interface Explained {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

function explain(issue: z.core.$ZodIssue): Explained[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'unknown setting; check the spelling against the schema' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = issue.errors.reduce((best, next) => (next.length < best.length ? next : best));
    const inner = nearest.flatMap((each) => explain(each as z.core.$ZodIssue));
    return inner.length > 0
      ? inner.map((each) => ({ path: [...path, ...each.path], message: each.message }))
      : [{ path, message: issue.message }];
  }
  return [{ path, message: issue.message }];
}

/** Where the setting stands, or the nearest part of the way to it that the file has. */
function offsetOf(root: Node | null, path: readonly (string | number)[]): number | undefined {
  let node: unknown = root;
  let offset = root?.range?.[0];
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === part);
      if (pair === undefined) return offset;
      if (isScalar(pair.key)) offset = pair.key.range?.[0];
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      const item = node.items[part];
      if (item === undefined) return offset;
      node = item;
      offset = (item as Node).range?.[0];
    } else {
      return offset;
    }
  }
  return offset;
}
