import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { DecisionLog } from '../ledger/decision-log.ts';
import { version } from '../version.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Configuration } from '../vocabulary/configuration.ts';
import type { AdministrativeRecord } from '../vocabulary/record.ts';

export interface OwnRecordsNeeds {
  readonly configuration: Configuration;
  readonly log: Pick<DecisionLog, 'enqueue'>;
  readonly newId: () => string;
  readonly clock: Pick<Clock, 'now'>;
}

/** What the gateway puts on record of itself. Nobody asked for it, so it has no identity and nothing waits for it. */
export interface OwnRecords {
  started(): void;
  stopped(): void;
  /** A file of keys or revocations has been read again. */
  keysChanged(path: string, keys: number): void;
}

/** Makes the records of the gateway's own life, in the same chain as the decisions: so a gap in them is explained by it, or is one. */
export function makeOwnRecords({ configuration, log, newId, clock }: OwnRecordsNeeds): OwnRecords {
  function tell(action: string, more: Pick<AdministrativeRecord, 'resource' | 'parameters'>): void {
    log.enqueue({
      schema: 'regate.decision/1',
      kind: 'administrative',
      decision_id: newId(),
      timestamp: new Date(clock.now()).toISOString(),
      labels: configuration.labels,
      action,
      decision: 'allow',
      ...more,
    } satisfies AdministrativeRecord);
  }

  return {
    started() {
      tell('configuration.load', { resource: { type: 'configuration' }, parameters: { sha256: digestOf(configuration) } });
      tell('gateway.start', { resource: { type: 'gateway' }, parameters: { version, node: process.version, pid: process.pid } });
    },
    stopped: () => tell('gateway.stop', { resource: { type: 'gateway' }, parameters: { pid: process.pid } }),
    keysChanged: (path, keys) =>
      tell('keys.change', { resource: { type: 'key-file', id: path }, parameters: { keys, sha256: digestOfFile(path) } }),
  };
}

/** Of the configuration as it is in force, with all defaults: two gateways with the same one have the same rules. It holds no secret, only where they are. */
function digestOf(configuration: Configuration): string {
  const plain = JSON.stringify(configuration, (_name, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value));
  return createHash('sha256').update(plain).digest('hex');
}

function digestOfFile(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
