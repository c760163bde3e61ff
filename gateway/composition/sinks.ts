import { join } from 'node:path';
import { localFileSystem } from '../ledger/file-system.ts';
import { makeOpaSender } from '../sinks/opa.ts';
import { makeOtlpSender } from '../sinks/otlp.ts';
import { makePostgresSender } from '../sinks/postgres.ts';
import { makeReadToken, type ReadToken } from '../sinks/read-token.ts';
import type { Sender } from '../sinks/sender.ts';
import { makeSink } from '../sinks/sink.ts';
import { makeSyslogSender } from '../sinks/syslog.ts';
import { makeWebhookSender } from '../sinks/webhook.ts';
import { makeVault } from '../vault/vault.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { CredentialSource } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { RecordConfiguration } from '../vocabulary/record-configuration.ts';
import type { Secret } from '../vocabulary/secret.ts';
import type { HttpPlace, SinkBase, SinkConfiguration, SinkStatus } from '../vocabulary/sinks.ts';

export interface SinksNeeds {
  readonly configuration: Pick<RecordConfiguration, 'directory' | 'sinks'>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Sinks {
  status(): Readonly<Record<string, SinkStatus>>;
  /** Looks how far behind each is first. */
  measure(): Promise<Readonly<Record<string, SinkStatus>>>;
  /** Delivers what is left, at most two seconds long. */
  close(): Promise<void>;
}

/** How long the last lines may take to arrive. What does not make it waits in the log for the next start. */
const lastLinesMs = 2000;

/** Composes the sinks of a record. How far each is stands beside the log, in `sinks/<name>.json`. */
export async function openSinks({ configuration, environment, clock, logger }: SinksNeeds): Promise<Sinks> {
  const { directory, sinks } = configuration;
  const files = localFileSystem;
  const cursors = join(directory, 'sinks');
  if (sinks.length > 0) await files.makeDirectory(cursors);
  const open = await Promise.all(
    sinks.map(async (sink) => {
      const sender = makeSender(sink, { environment, clock, logger });
      const cursorPath = join(cursors, `${sink.name}.json`);
      const made = await makeSink({ configuration: sink, sender, directory, cursorPath, files, clock, logger, random: Math.random });
      return [sink.name, made] as const;
    }),
  );
  const status = () => Object.fromEntries(open.map(([name, sink]) => [name, sink.status()]));
  return {
    status,
    async measure() {
      for (const [name, sink] of open) {
        // Who reads metrics must get them all the same; the sink's own loop says what is wrong with the disk.
        await sink.measure().catch((error: unknown) => logger.warn('the lag of a sink cannot be measured', { sink: name, error }));
      }
      return status();
    },
    async close() {
      await Promise.all(open.map(([, sink]) => sink.close(lastLinesMs)));
    },
  };
}

function makeSender(configuration: SinkConfiguration, secrets: Omit<SinksNeeds, 'configuration'>): Sender {
  switch (configuration.type) {
    case 'webhook':
      return makeWebhookSender({ configuration, token: readToken(configuration, secrets) });
    case 'otlp':
      return makeOtlpSender({ configuration, token: readToken(configuration, secrets) });
    case 'syslog':
      return makeSyslogSender({ configuration });
    case 'postgres':
      return makePostgresSender({ configuration, url: fetchSecret(configuration.name, configuration.url, secrets) });
    case 'opa':
      return makeOpaSender({ configuration, token: readToken(configuration, secrets) });
  }
}

function readToken({ name, token }: SinkBase & HttpPlace, secrets: Omit<SinksNeeds, 'configuration'>): ReadToken | undefined {
  return token === undefined ? undefined : makeReadToken(fetchSecret(name, token, secrets));
}

function fetchSecret(name: string, source: CredentialSource, secrets: Omit<SinksNeeds, 'configuration'>): () => Promise<Secret> {
  const vault = makeVault({ credentials: new Map([[name, source]]), ...secrets });
  return async () => (await vault.fetch(name)).secret;
}
