import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger, format, transports } from 'winston';
import { openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { silent } from './scene.ts';

/*
 * A process of its own that writes lines as fast as they are taken, 64 at a time, and tells its parent how many it was told are safe: acknowledged by
 * our log, or accepted by winston's file transport, whose callback comes when the line has been taken. Until the parent kills it.
 *
 *   node tests/bench/kept-child.ts ours|winston <directory> <lines, 0 for ever>
 */

const [, , side, directory = '', most = '0'] = process.argv;
const concurrency = 64;
const entry = { schema: 'regate.decision/1', kind: 'decided', text: 'x'.repeat(1800) };

const append = side === 'ours' ? await openOurs() : openWinston();
let safe = 0;
let begun = 0;
const limit = Number(most) || Number.POSITIVE_INFINITY;
const cpu = process.cpuUsage();

setInterval(() => process.send?.({ safe }), 5).unref();
await Promise.all(
  Array.from({ length: concurrency }, async () => {
    while (begun < limit) {
      begun += 1;
      await append({ ...entry, n: begun });
      safe += 1;
    }
  }),
);
const { user, system } = process.cpuUsage(cpu);
process.send?.({ safe, cpuUs: (user + system) / safe });

async function openOurs(): Promise<(line: object) => Promise<void>> {
  const log = await openDecisionLog({ directory, maxSegmentBytes: 64 * 1024 * 1024, clock: systemClock, logger: silent });
  return (line) => log.append(line);
}

/** As its documentation shows it: JSON lines into one file. */
function openWinston(): (line: object) => Promise<void> {
  mkdirSync(directory, { recursive: true });
  const file = new transports.File({ filename: join(directory, 'winston.log') });
  const logger = createLogger({ format: format.json(), transports: [file] });
  logger.setMaxListeners(concurrency + 1);
  return async (line) => {
    // `false` would mean that it wants to be waited for.
    if (!logger.write({ level: 'info', message: 'decision', ...line })) await new Promise((resolve) => logger.once('drain', resolve));
    else await new Promise((resolve) => setImmediate(resolve));
  };
}
