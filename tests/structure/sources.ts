import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

export interface Source {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly path: string;
  /** A path from the root for files of ours, the package's name otherwise. */
  readonly target: string;
  readonly own: boolean;
  readonly typeOnly: boolean;
}

/** All TypeScript below a folder. */
export function readSources(folder: string): readonly Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** The text without comments, so that what is only spoken of is not taken for code. Strings that hold `//` after a colon or a quote stay. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(?<=^|\s)\/\/[^\n]*/g, '');
}

const statement = /^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
/** `import('…')` in values and in types, `require('…')`, and workers by URL. */
const expression = /\b(?:import|require)\(\s*['"]([^'"$]+)['"]|new URL\(\s*'([^']+\.ts)',\s*import\.meta\.url/g;

/** What a file imports, in any way that TypeScript knows. */
export function importsOf({ path, text }: Source): readonly Import[] {
  const code = withoutComments(text);
  const found = [
    ...[...code.matchAll(statement)].map(([, type, target = '']) => ({ target, typeOnly: type !== undefined })),
    ...[...code.matchAll(expression)].map(([, called, located]) => ({ target: called ?? located ?? '', typeOnly: false })),
  ];
  return found
    .filter(({ target }) => !target.startsWith('node:'))
    .map(({ target, typeOnly }) =>
      target.startsWith('.')
        ? { path, target: posix.normalize(posix.join(posix.dirname(path), target)), own: true, typeOnly }
        : { path, target: packageOf(target), own: false, typeOnly },
    );
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The room a file of the gateway belongs to: `engine`, `pipeline/decide`, or the bare name of a file at the top. */
export function roomOf(path: string): string {
  const [, first = '', second = '', third] = path.split('/');
  if (first === 'pipeline' && third !== undefined) return `pipeline/${second}`;
  return first.replace(/\.ts$/, '');
}
