import { Command, InvalidArgumentError } from 'commander';
import { loadConfiguration } from '../../config/load.ts';
import { keepYoung } from '../../lifecycle/keep-young.ts';
import { startGateway } from '../../main.ts';
import { makeLogger } from '../../observe/logger.ts';
import { stopOnSignals } from './signals.ts';

interface ServeOptions {
  readonly config: string;
  readonly port?: number;
}

/** Makes `regate serve`. */
export function makeServeCommand(): Command {
  return new Command('serve')
    .description('Run the gateway with a configuration file.')
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .option('--port <number>', 'listen on this port instead of listen.port', parsePort)
    .addHelpText('after', '\nExample:\n  regate serve --config /etc/regate/regate.yaml\n\nSIGTERM and SIGINT let open answers end first.\n')
    .action(serve);
}

/** Runs the gateway until a signal ends it. */
export async function serve({ config, port }: ServeOptions): Promise<void> {
  keepYoung();
  const environment = process.env;
  const configuration = loadConfiguration(config, { environment, ...(port === undefined ? {} : { port }) });
  const logger = makeLogger(configuration.log);
  const gateway = await startGateway(configuration, { logger, environment });
  stopOnSignals(() => gateway.stop(), logger);
  logger.info('the gateway serves', { url: gateway.url, doors: gateway.doorsUrl });
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535');
  return port;
}
