import { Command } from 'commander';
import { loadConfiguration } from '../config/load.ts';
import { openSigningKeys } from '../mint/signing-keys.ts';
import { systemClock } from '../observe/clock.ts';
import { CommandError } from './command-error.ts';

const silent = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

/** Makes `regate tokens rotate`. */
export function makeTokensCommand(): Command {
  const tokens = new Command('tokens').description('The keys with which the gateway signs tokens of its own.');
  tokens
    .command('rotate')
    .description('Make a new signing key. It is published at once and signs after a minute; running gateways follow by themselves.')
    .requiredOption('--config <path>', 'the configuration with the tokens section')
    .action(async ({ config }: { readonly config: string }) => {
      const { tokens: configured } = loadConfiguration(config, { environment: process.env });
      if (configured === undefined) throw new CommandError(`${config} has no tokens section`);
      const { keysDirectory: directory, algorithm, accessSeconds } = configured;
      const keys = await openSigningKeys({ directory, algorithm, longestLifeSeconds: accessSeconds, clock: systemClock, logger: silent });
      const { kid, signsFrom } = await keys.rotate();
      process.stderr.write(`The key ${kid} is published and signs from ${signsFrom}.\n`);
    });
  return tokens;
}
