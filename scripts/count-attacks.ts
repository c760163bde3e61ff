import { relative } from 'node:path';

/** The end of a test, as the test runner tells of it (`test:pass`, `test:fail`): those inside it first. */
export interface Ended {
  readonly name: string;
  readonly nesting: number;
  readonly file?: string | undefined;
  readonly skip?: string | boolean | undefined;
  readonly todo?: string | boolean | undefined;
  readonly details: { readonly type?: string | undefined };
}

export interface Attacks {
  passed(event: Ended): void;
  failed(event: Ended): void;
  /** `attacks: N cases tried, M admitted`; `undefined` where none was tried. */
  tell(): string | undefined;
}

/**
 * Counts attack cases: the tests in files below tests/attacks/, without those that only hold others, and without those that were left out, which tried
 * nothing. Each case asserts that its attack is refused. One that fails counts as admitted, because nobody has seen it refused.
 *
 * @param root of the repository
 */
export function countAttacks(root: string): Attacks {
  let tried = 0;
  let admitted = 0;
  const lastNesting = new Map<string, number>();

  function isCase({ name, nesting, file, skip, todo, details }: Ended): boolean {
    if (file === undefined) return false;
    const path = relative(root, file).replaceAll('\\', '/');
    if (!path.startsWith('tests/attacks/')) return false;
    const holdsOthers = lastNesting.get(file) === nesting + 1;
    lastNesting.set(file, nesting);
    // A file that breaks off is told of as a test by its own path. It is no case, and fails the run without this count.
    if (holdsOthers || details.type === 'suite' || name === file || name === path) return false;
    return skip === undefined && todo === undefined;
  }

  return {
    passed(event) {
      if (isCase(event)) tried += 1;
    },
    failed(event) {
      if (!isCase(event)) return;
      tried += 1;
      admitted += 1;
    },
    tell: () => (tried === 0 ? undefined : `attacks: ${tried} cases tried, ${admitted} admitted`),
  };
}
