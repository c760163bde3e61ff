import { readFileSync } from 'node:fs';
import { Breakage } from '../errors.ts';
import { makeTraces, type Traces } from '../observe/traces.ts';
import type { Configuration, CredentialSource } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Opens the way into traces, where one is configured. @throws Breakage where a header's source holds nothing */
export function openTraces({ traces, labels }: Configuration, environment: Environment, logger: Logger): Traces | undefined {
  if (traces === undefined) return undefined;
  const headers = Object.fromEntries(Object.entries(traces.headers).map(([name, source]) => [name, readSource(name, source, environment)]));
  return makeTraces({ traces, headers, labels, logger });
}

function readSource(name: string, source: CredentialSource, environment: Environment): string {
  const value = source.source === 'file' ? readFileSync(source.path, 'utf8').trim() : environment[source.name];
  if (value === undefined || value === '') throw new Breakage('gateway.error', `traces.headers.${name}: its source holds nothing`);
  return value;
}
