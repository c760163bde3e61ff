/** The gateway as `regate serve` runs it, in a process of its own that tells what it costs. */
import { loadConfiguration } from '../../gateway/config/load.ts';
import { keepYoung } from '../../gateway/lifecycle/keep-young.ts';
import { type Gateway, startGateway } from '../../gateway/main.ts';
import { makeLogger } from '../../gateway/observe/logger.ts';
import { answerParent } from './channel.ts';
import { makeMeters } from './meters.ts';

let gateway: Gateway | undefined;
keepYoung();

answerParent({
  ...makeMeters(),
  async start({ path }: { readonly path: string }) {
    const configuration = loadConfiguration(path, { environment: {} });
    gateway = await startGateway(configuration, { logger: makeLogger(configuration.log), environment: {} });
    return { url: gateway.url, doorsUrl: gateway.doorsUrl };
  },
  stop: () => gateway?.stop(),
});
