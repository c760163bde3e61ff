import { Argument, Option } from 'commander';
import { renderJunit } from './reports/junit.ts';
import { renderSarif } from './reports/sarif.ts';
import type { ToolchainReport } from './reports/toolchain-report.ts';

/** The directories that a command reads. */
export function directories(): Argument {
  return new Argument('[directory...]', 'directories of policies').default(['policies']);
}

export function formatOption(): Option {
  return new Option('--format <format>', 'how to report').choices(['pretty', 'json']).default('pretty');
}

/** Adds one value of an option that may be given several times. */
export function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

/** As {@link formatOption}, with the two forms that pipelines and code hosts read. */
export function reportOption(): Option {
  return new Option('--format <format>', 'how to report; junit and sarif are for pipelines')
    .choices(['pretty', 'json', 'junit', 'sarif'])
    .default('pretty');
}

/** How the toolchain must report, and what is made of it, for one of the formats of {@link reportOption}. */
export function reporting(
  format: string,
  threshold?: number,
): { readonly asked: string; readonly convert?: (report: ToolchainReport) => string } {
  if (format === 'junit') return { asked: 'json', convert: (report) => renderJunit(report, threshold) };
  if (format === 'sarif') return { asked: 'json', convert: (report) => renderSarif(report, threshold) };
  return { asked: format };
}
