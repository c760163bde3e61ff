import type { CredentialSource } from '../vocabulary/configuration.ts';
import type { TraceConfiguration } from '../vocabulary/traces.ts';
import type { ConfigurationFile } from './schema.ts';

type TracesFile = NonNullable<ConfigurationFile['traces']>;

/** Converts where traces go. */
export function convertTraces(traces: TracesFile, resolve: (path: string) => string): TraceConfiguration {
  const convert = (source: TracesFile['headers'][string]): CredentialSource =>
    'file' in source ? { source: 'file', path: resolve(source.file) } : { source: 'environment', name: source.environment };
  return {
    url: traces.url,
    headers: Object.fromEntries(Object.entries(traces.headers).map(([name, source]) => [name, convert(source)])),
    ratio: traces.ratio,
    guardrailNames: traces.guardrail_names,
    serviceName: traces.service_name,
  };
}
