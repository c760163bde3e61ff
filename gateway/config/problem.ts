/** One thing that is wrong with a configuration file. */
export interface Problem {
  /** 1-based; absent where the problem is of the whole file. */
  readonly line?: number;
  readonly column?: number;
  /** Dotted path of the setting. */
  readonly path: string;
  /** What is wrong and what to do; never the value, which may be a secret. */
  readonly message: string;
}

/** The way to a setting, from the top of the file. Kept apart until it is shown, because model ids hold dots. */
export type SettingPath = readonly (string | number)[];

/** Takes note of a problem with a setting. The message never holds the setting's value: somebody may have put a secret there. */
export type Report = (path: SettingPath, message: string) => void;

/** The configuration cannot be used. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    super(problems.map((problem) => renderProblem(file, problem)).join('\n'));
    this.file = file;
    this.problems = problems;
  }
}

/** `file:line:column: path: message`, as editors understand it. */
export function renderProblem(file: string, problem: Problem): string {
  const place = problem.line === undefined ? file : `${file}:${problem.line}:${problem.column ?? 1}`;
  return problem.path === '' ? `${place}: ${problem.message}` : `${place}: ${problem.path}: ${problem.message}`;
}
