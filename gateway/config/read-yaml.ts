import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { ConfigurationError, type Problem, type SettingPath } from './problem.ts';
import { expandEnvironment } from './substitute.ts';
import { yamlErrors } from './yaml-errors.ts';

/** The content of a YAML file, and where each setting stands in it. */
export interface YamlFile {
  readonly content: unknown;
  /** The place of the setting, or of the nearest part of the way to it that the file has. */
  readonly place: (path: SettingPath) => Pick<Problem, 'line' | 'column'>;
}

/**
 * Reads YAML 1.2: one document, keys are text, no key twice, no tags, few aliases. `${NAME}` in values is taken from the environment.
 * @throws ConfigurationError with every problem and its line
 */
export function readYaml(file: string, text: string, environment: Readonly<Record<string, string | undefined>>): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, uniqueKeys: true });
  const at = (offset: number | undefined): Pick<Problem, 'line' | 'column'> => {
    if (offset === undefined) return {};
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) {
    throw new ConfigurationError(
      file,
      broken.map((error) => ({ ...at(error.pos[0]), path: '', message: yamlErrors[error.code] })),
    );
  }
  const problems: Problem[] = [];
  expandEnvironment(document, environment, (node, message) => problems.push({ ...at(node.range?.[0]), path: '', message }));
  if (problems.length > 0) throw new ConfigurationError(file, problems);
  return { content: toValues(file, document), place: (path) => at(offsetOf(document.contents, path)) };
}

/** A few aliases that stand for aliases can stand for more values than memory holds; the parser counts them. */
function toValues(file: string, document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    throw new ConfigurationError(file, [{ path: '', message: 'an alias (*name) stands for itself, or aliases stand for too many values' }]);
  }
}

function offsetOf(root: Node | null, path: SettingPath): number | undefined {
  let node: unknown = root;
  let offset = root?.range?.[0];
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === part);
      if (pair === undefined) return offset;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      const item = node.items[part] as Node | undefined;
      if (item === undefined) return offset;
      node = item;
      offset = item.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}
