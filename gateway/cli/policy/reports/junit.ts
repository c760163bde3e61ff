import {
  describeFailure,
  type Finding,
  findingsOf,
  shortfall,
  type TestResult,
  type ToolchainReport,
  unreached,
} from './toolchain-report.ts';

/**
 * Writes a report as JUnit's XML, which pipelines show: one suite for each package of tests; for a check one suite with a case for each file that has
 * findings. Where a coverage is demanded it is a case of its own, so that a report never looks green beside a red exit code.
 *
 * @param threshold the percentage of lines that tests must reach
 */
export function renderJunit(report: ToolchainReport, threshold?: number): string {
  const suites = [...checkSuites(findingsOf(report), report.tests === undefined), ...testSuites(report.tests ?? [])];
  if (report.coverage !== undefined && threshold !== undefined) suites.push(coverageSuite(report, threshold));
  const cases = suites.flatMap((suite) => suite.cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="regate policy" ${counts(cases)}>`,
    ...suites.flatMap(renderSuite),
    '</testsuites>',
    '',
  ].join('\n');
}

interface Case {
  readonly name: string;
  readonly classname: string;
  readonly file?: string;
  readonly line?: number;
  readonly seconds?: number;
  readonly failure?: { readonly message: string; readonly text: string };
  readonly error?: { readonly message: string; readonly text: string };
  readonly skipped?: true;
  readonly output?: string;
}

interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

function checkSuites(findings: readonly Finding[], checked: boolean): readonly Suite[] {
  if (findings.length === 0) return checked ? [{ name: 'check', cases: [{ name: 'check', classname: 'check' }] }] : [];
  const byFile = Map.groupBy(findings, ({ location }) => location?.file ?? 'policies');
  const cases = [...byFile].map(([file, all]) => ({
    name: file,
    classname: 'check',
    file,
    ...(all[0]?.location !== undefined && { line: all[0].location.row }),
    failure: { message: `${all[0]?.code}: ${all[0]?.message}`, text: all.map(describeFinding).join('\n') },
  }));
  return [{ name: 'check', cases }];
}

function describeFinding({ code, message, location, help = [] }: Finding): string {
  const place = location === undefined ? '' : `${location.file}:${location.row}:${location.col}: `;
  return [`${place}${code}: ${message}`, ...help.map((line) => `  help: ${line}`)].join('\n');
}

function testSuites(tests: readonly TestResult[]): readonly Suite[] {
  const byPackage = Map.groupBy(tests, (test) => test.package);
  return [...byPackage].map(([name, all]) => ({ name, cases: all.map(testCase) }));
}

function testCase(test: TestResult): Case {
  const message = describeFailure(test);
  const text = test.location === undefined ? message : `${test.location.file}:${test.location.row}: ${message}`;
  return {
    name: test.name,
    classname: test.package,
    ...(test.location !== undefined && { file: test.location.file, line: test.location.row }),
    seconds: test.duration / 1e9,
    ...(test.skip
      ? { skipped: true }
      : test.error !== undefined
        ? { error: { message, text } }
        : test.fail
          ? { failure: { message, text } }
          : {}),
    ...(test.output !== undefined && { output: Buffer.from(test.output, 'base64').toString() }),
  };
}

function coverageSuite({ coverage }: ToolchainReport, threshold: number): Suite {
  const message = shortfall(coverage, threshold);
  const lines =
    coverage === undefined ? [] : unreached(coverage).map(({ file, from, to }) => `${file}:${from}-${to}: no test reaches this`);
  const name = `at least ${threshold} % of the lines`;
  return {
    name: 'coverage',
    cases: [{ name, classname: 'coverage', ...(message !== undefined && { failure: { message, text: lines.join('\n') } }) }],
  };
}

function renderSuite({ name, cases }: Suite): readonly string[] {
  return [`  <testsuite name="${quote(name)}" ${counts(cases)}>`, ...cases.flatMap(renderCase), '  </testsuite>'];
}

function renderCase({ name, classname, file, line, seconds = 0, failure, error, skipped, output }: Case): readonly string[] {
  const place = `${file === undefined ? '' : ` file="${quote(file)}"`}${line === undefined ? '' : ` line="${line}"`}`;
  const inner = [
    ...(failure === undefined ? [] : [`      <failure message="${quote(failure.message)}">${quote(failure.text)}</failure>`]),
    ...(error === undefined ? [] : [`      <error message="${quote(error.message)}">${quote(error.text)}</error>`]),
    ...(skipped ? ['      <skipped/>'] : []),
    ...(output === undefined ? [] : [`      <system-out>${quote(output)}</system-out>`]),
  ];
  const head = `    <testcase name="${quote(name)}" classname="${quote(classname)}"${place} time="${seconds.toFixed(6)}"`;
  return inner.length === 0 ? [`${head}/>`] : [`${head}>`, ...inner, '    </testcase>'];
}

function counts(cases: readonly Case[]): string {
  const count = (of: (one: Case) => unknown) => cases.filter((one) => of(one) !== undefined).length;
  const seconds = cases.reduce((sum, { seconds: each = 0 }) => sum + each, 0);
  return (
    `tests="${cases.length}" failures="${count(({ failure }) => failure)}" errors="${count(({ error }) => error)}" ` +
    `skipped="${count(({ skipped }) => skipped)}" time="${seconds.toFixed(6)}"`
  );
}

const named: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
  '\r': '&#13;',
};

/** XML 1.0 section 2.2: other control characters cannot stand in a document, not even escaped. */
function quote(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"\n\t\r]/g, (unit) => named[unit] ?? unit)
  );
}
