/** Where something stands, as OPA says it: rows and columns from 1. */
export interface Place {
  readonly file: string;
  readonly row: number;
  readonly col: number;
}

/** Something that is wrong with policies. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly location?: Place;
  readonly help?: readonly string[];
}

export interface TestResult {
  readonly location?: Place;
  readonly package: string;
  readonly name: string;
  readonly fail?: boolean;
  readonly skip?: boolean;
  readonly error?: { readonly code?: string; readonly message?: string };
  /** Nanoseconds. */
  readonly duration: number;
  /** What `print` said, in base64. */
  readonly output?: string;
  readonly sub_results?: Readonly<Record<string, { readonly fail?: boolean }>>;
}

interface Span {
  readonly start: Pick<Place, 'row' | 'col'>;
  readonly end: Pick<Place, 'row' | 'col'>;
}

export interface Coverage {
  readonly coverage: number;
  readonly files?: Readonly<Record<string, { readonly not_covered?: readonly Span[] }>>;
}

/** What the toolchain's `check` and `test` print as JSON: findings, or the results of tests. */
export interface ToolchainReport {
  readonly errors?: readonly Finding[] | number;
  readonly tests?: readonly TestResult[];
  readonly coverage?: Coverage;
}

/** The findings. A report of tests has a number of errors in the same place. */
export function findingsOf({ errors }: ToolchainReport): readonly Finding[] {
  return Array.isArray(errors) ? (errors as readonly Finding[]) : [];
}

/** What the lines are that no test reaches, where the coverage is below what is wanted; `undefined` where it is not. */
export function shortfall(coverage: Coverage | undefined, threshold: number | undefined): string | undefined {
  if (coverage === undefined || threshold === undefined || coverage.coverage >= threshold) return undefined;
  return `coverage is ${coverage.coverage.toFixed(2)} %, below the threshold of ${threshold} %`;
}

/** The lines that no test reaches: file → rows from and to. */
export function unreached({ files = {} }: Coverage): readonly { readonly file: string; readonly from: number; readonly to: number }[] {
  return Object.entries(files).flatMap(([file, { not_covered: spans = [] }]) =>
    spans.map(({ start, end }) => ({ file, from: start.row, to: end.row })),
  );
}

/** What is said of a test that did not pass. */
export function describeFailure({ error, sub_results: parts = {} }: TestResult): string {
  if (error !== undefined) return error.message ?? error.code ?? 'the test could not be run';
  const failed = Object.keys(parts).filter((name) => parts[name]?.fail);
  return failed.length === 0 ? 'the test is undefined or false' : `these cases are undefined or false: ${failed.join(', ')}`;
}
