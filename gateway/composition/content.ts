import { makeContentRetention } from '../ledger/content-retention.ts';
import { makeContentStore } from '../ledger/content-store.ts';
import { type FileSystemPort, localFileSystem } from '../ledger/file-system.ts';
import { type Capture, makeCapture } from '../pipeline/record/capture.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { AdministrativeRecord } from '../vocabulary/record.ts';
import type { ContentConfiguration } from '../vocabulary/record-configuration.ts';

export interface ContentNeeds {
  readonly configuration: ContentConfiguration | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly log: { enqueue(entry: AdministrativeRecord): void };
  readonly newId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly files: FileSystemPort | undefined;
}

/**
 * Composes what keeps the content of requests, where it is configured; where not, it refuses those that the policy wants kept.
 * @throws Breakage where the key file cannot be used
 */
export function openContent(needs: ContentNeeds): { readonly capture: Capture; close(): void } {
  const { configuration, labels, log, newId, clock, logger, files = localFileSystem } = needs;
  if (configuration === undefined) return { capture: makeCapture({ maxBytes: 0, inFlightBytes: 0, logger }), close: () => undefined };
  const { directory, keyFile, retentionDays, maxBytes, inFlightBytes } = configuration;
  const retention = makeContentRetention({
    ...{ directory, days: retentionDays, clock, logger },
    onRemoved: (day, pieces) =>
      log.enqueue({
        schema: 'regate.decision/1',
        kind: 'administrative',
        decision_id: newId(),
        timestamp: new Date(clock.now()).toISOString(),
        labels,
        action: 'content.expire',
        decision: 'allow',
        resource: { type: 'content', id: day },
        parameters: { pieces, retention_days: retentionDays },
      }),
  });
  void retention.pass();
  const store = makeContentStore({ directory, keyFile, files, clock });
  return { capture: makeCapture({ store, maxBytes, inFlightBytes, logger }), close: retention.close };
}
