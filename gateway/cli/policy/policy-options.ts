import { Argument, Option } from 'commander';

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
