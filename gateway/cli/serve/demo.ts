import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { loadConfiguration } from '../../config/load.ts';
import { prepareDemo } from '../../demo/demo.ts';
import { greet } from '../../demo/greeting.ts';
import { startGateway } from '../../main.ts';
import { makeLogger } from '../../observe/logger.ts';
import { newId } from '../../observe/new-id.ts';
import { parsePort } from './serve.ts';
import { stopOnSignals } from './signals.ts';

interface DemoOptions {
  readonly port: number;
  readonly doorsPort: number;
  readonly adminPort: number;
  readonly directory: string;
}

/** Makes `regate demo`. */
export function makeDemoCommand(): Command {
  return new Command('demo')
    .description('Run the gateway with a demo upstream and demo identities. No account is needed.')
    .option('--port <number>', 'port of the gateway', parsePort, 8443)
    .option('--doors-port <number>', 'port of health, readiness and metrics', parsePort, 9443)
    .option('--admin-port <number>', 'port of the administrative doors', parsePort, 9444)
    .option('--directory <path>', 'where the demo keeps its files', '.regate')
    .action(runDemo);
}

/** Runs the demo until a signal ends it. */
export async function runDemo({ port, doorsPort, adminPort, directory }: DemoOptions): Promise<void> {
  const environment = process.env;
  const folder = resolve(directory, 'dev');
  const demo = await prepareDemo({ directory: folder, port, doorsPort, adminPort, environment, newId: () => newId(Date.now()) });
  const configuration = loadConfiguration(demo.configurationPath, { environment });
  const logger = makeLogger(configuration.log);
  const gateway = await startGateway(configuration, { logger, environment }).catch(async (error: unknown) => {
    await demo.upstream.close();
    throw error;
  });
  stopOnSignals(async () => {
    await gateway.stop();
    await demo.upstream.close();
  }, logger);
  const { url, doorsUrl, caPath = join(folder, 'ca.pem') } = gateway;
  process.stdout.write(greet({ url, doorsUrl, caPath, directory: folder, configurationPath: demo.configurationPath, real: demo.real }));
}
