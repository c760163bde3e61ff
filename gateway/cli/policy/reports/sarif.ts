import { version } from '../../../version.ts';
import { describeFailure, findingsOf, type Place, shortfall, type ToolchainReport, unreached } from './toolchain-report.ts';

interface Result {
  readonly ruleId: string;
  readonly level: 'error' | 'warning' | 'note';
  readonly message: string;
  readonly place?: Pick<Place, 'file' | 'row'> & { readonly col?: number; readonly endRow?: number };
}

/**
 * Writes a report as SARIF 2.1.0, which code hosts show beside the lines: findings and failing tests are errors, lines that no test reaches are notes.
 * @param threshold the percentage of lines that tests must reach
 */
export function renderSarif(report: ToolchainReport, threshold?: number): string {
  const results = [...findings(report), ...failures(report), ...coverage(report, threshold)];
  const ids = [...new Set(results.map(({ ruleId }) => ruleId))].sort();
  const sarif = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'regate policy', version, rules: ids.map((id) => ({ id })) } },
        columnKind: 'utf16CodeUnits',
        results: results.map((result) => renderResult(result, ids)),
      },
    ],
  };
  return `${JSON.stringify(sarif, null, 2)}\n`;
}

function findings(report: ToolchainReport): readonly Result[] {
  return findingsOf(report).map(({ code, message, location, help = [] }) => ({
    ruleId: code,
    level: 'error',
    message: [message, ...help].join('\n'),
    ...(location !== undefined && { place: location }),
  }));
}

function failures({ tests = [] }: ToolchainReport): readonly Result[] {
  return tests
    .filter(({ fail, error }) => fail === true || error !== undefined)
    .map((test) => ({
      ruleId: 'test',
      level: 'error',
      message: `${test.package}.${test.name}: ${describeFailure(test)}`,
      ...(test.location !== undefined && { place: test.location }),
    }));
}

function coverage({ coverage: covered }: ToolchainReport, threshold: number | undefined): readonly Result[] {
  if (covered === undefined) return [];
  const short = shortfall(covered, threshold);
  return [
    ...(short === undefined ? [] : [{ ruleId: 'coverage', level: 'error', message: short } as const]),
    ...unreached(covered).map(
      ({ file, from, to }): Result => ({
        ruleId: 'coverage',
        level: short === undefined ? 'note' : 'warning',
        message: 'no test reaches this',
        place: { file, row: from, endRow: to },
      }),
    ),
  ];
}

function renderResult({ ruleId, level, message, place }: Result, ids: readonly string[]): object {
  return {
    ruleId,
    ruleIndex: ids.indexOf(ruleId),
    level,
    message: { text: message },
    ...(place !== undefined && {
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: uriOf(place.file) },
            region: {
              startLine: place.row,
              ...(place.col !== undefined && { startColumn: place.col }),
              ...(place.endRow !== undefined && { endLine: place.endRow }),
            },
          },
        },
      ],
    }),
  };
}

/** SARIF section 3.4.3: a URI reference, relative where the file was named relative. */
function uriOf(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/');
}
