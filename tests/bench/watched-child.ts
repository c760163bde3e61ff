/** The gateway as `regate serve` runs it, in a process of its own that watches how long its event loop stands still. */
import { loadConfiguration } from '../../gateway/config/load.ts';
import { type Gateway, startGateway } from '../../gateway/main.ts';
import { makeLogger } from '../../gateway/observe/logger.ts';
import { answerParent } from './channel.ts';
import { round } from './statistics.ts';

let gateway: Gateway | undefined;
let pause = { wall: 0, own: 0 };
let last = { wall: performance.now(), own: ownMs() };

/** CPU of the main thread: what is left when other processes take the processor away. */
function ownMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

// A millisecond apart, so that watching costs next to nothing; the wait itself is no pause.
const everyMs = 1;
setInterval(() => {
  const now = { wall: performance.now(), own: ownMs() };
  pause = { wall: Math.max(pause.wall, now.wall - last.wall - everyMs), own: Math.max(pause.own, now.own - last.own) };
  last = now;
}, everyMs).unref();

answerParent({
  async start({ path }: { readonly path: string }) {
    const configuration = loadConfiguration(path, { environment: {} });
    gateway = await startGateway(configuration, { logger: makeLogger(configuration.log), environment: {} });
    return { url: gateway.url, doorsUrl: gateway.doorsUrl };
  },
  takePause() {
    const taken = { wall: round(pause.wall), own: round(pause.own) };
    pause = { wall: 0, own: 0 };
    return taken;
  },
  memory: () => round(process.memoryUsage.rss() / 2 ** 20),
  stop: () => gateway?.stop(),
});
