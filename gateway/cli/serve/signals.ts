import type { ClosableLogger } from '../../observe/logger.ts';

/** Stops in good order at SIGTERM or SIGINT; a second signal ends the process at once. */
export function stopOnSignals(stop: () => Promise<void>, logger: ClosableLogger): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info('a signal asks the gateway to stop', { signal });
    stop()
      .catch((error: unknown) => {
        logger.error('the gateway could not stop in good order', { error });
        process.exitCode = 1;
      })
      .finally(() => logger.close());
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
