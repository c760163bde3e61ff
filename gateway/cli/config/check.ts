import { readFileSync } from 'node:fs';
import { buildConfiguration } from '../../config/load.ts';
import { ConfigurationError } from '../../config/problem.ts';
import { summarise } from './summarise.ts';
import { findWarnings, type Surroundings } from './warnings.ts';

/** What the command touches of the world. */
export interface CheckIo extends Surroundings {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Notes the exit status. */
  readonly exit: (code: 0 | 1 | 2) => void;
}

/** Checks one file. Problems go to stderr, the summary to stdout. */
export function checkConfiguration(file: string, strict: boolean, io: CheckIo): void {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    io.err(`${file}: the file cannot be read (${code}); name it as in: regate config check path/to/regate.yaml\n`);
    io.exit(2);
    return;
  }
  try {
    const configuration = buildConfiguration(file, text, { environment: io.environment });
    const warnings = findWarnings(configuration, io);
    io.out(summarise(file, configuration));
    for (const warning of warnings) io.err(`warning: ${warning}\n`);
    io.exit(strict && warnings.length > 0 ? 1 : 0);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    io.err(`${error.message}\n`);
    const { length } = error.problems;
    io.err(`${length} ${length === 1 ? 'problem' : 'problems'}; the gateway would not start\n`);
    io.exit(1);
  }
}
