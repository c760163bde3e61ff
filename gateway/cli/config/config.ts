import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { type CheckIo, checkConfiguration } from './check.ts';

const systemIo: CheckIo = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  exit: (code) => {
    process.exitCode = code;
  },
  environment: process.env,
  exists: existsSync,
};

/** Makes `regate config check`. */
export function makeConfigCommand(io: CheckIo = systemIo): Command {
  const config = new Command('config').description('The configuration file.');
  config.addCommand(
    new Command('check')
      .description('Check a configuration file as the start would, and say what is in it. Nothing is started and nothing is fetched.')
      .argument('[file]', 'the file', 'regate.yaml')
      .option('--config <path>', 'the file, written as for regate serve')
      .option('--strict', 'warnings are problems, too', false)
      .action((file: string, options: { config?: string; strict: boolean }) =>
        checkConfiguration(options.config ?? file, options.strict, io),
      )
      .addHelpText(
        'after',
        '\nEvery problem is told as file:line:column: setting: what is wrong. Values are never shown, for they may be secrets.\n' +
          'Exit status: 0 it can be used, 1 it cannot, 2 the file could not be read.\n\nExample:\n  regate config check examples/regate.yaml\n',
      ),
  );
  return config;
}
