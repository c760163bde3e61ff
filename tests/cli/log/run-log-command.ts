import { makeLogCommand } from '../../../gateway/cli/log/log.ts';

/* `regate log` alone, so that the test does not load what the other commands need. */

await makeLogCommand()
  .parseAsync(process.argv.slice(2), { from: 'user' })
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  });
