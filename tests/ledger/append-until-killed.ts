import { writeSync } from 'node:fs';
import { openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import { systemClock } from '../../gateway/observe/clock.ts';

/* A process of its own that appends until somebody kills it. It tells each acknowledgement on standard output before it goes on. */

const [directory = ''] = process.argv.slice(2);
const silent = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };
const log = await openDecisionLog({ directory, maxSegmentBytes: 100_000, clock: systemClock, logger: silent });

let next = 0;
async function appendForEver(): Promise<never> {
  for (;;) {
    next += 1;
    const n = next;
    await log.append({ schema: 'regate.decision/1', kind: 'decided', n, text: 'x'.repeat(n % 700) });
    writeSync(1, `${n}\n`);
    log.enqueue({ schema: 'regate.decision/1', kind: 'delivered', n });
  }
}
await Promise.all(Array.from({ length: 32 }, appendForEver));
