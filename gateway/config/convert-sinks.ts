import type { CredentialSource } from '../vocabulary/configuration.ts';
import type { HttpPlace, SinkBase, SinkConfiguration } from '../vocabulary/sinks.ts';
import type { ConfigurationFile } from './schema.ts';

type Resolve = (path: string) => string;
type SinkFile = ConfigurationFile['record']['sinks'][number];
type HttpFile = Extract<SinkFile, { url: string }>;
type SecretFile = NonNullable<HttpFile['token']>;

/** The sinks' settings as the rooms see them. */
export function convertSink(sink: SinkFile, resolve: Resolve): SinkConfiguration {
  const base = convertBase(sink);
  switch (sink.type) {
    case 'webhook':
      return { ...base, type: sink.type, ...convertHttp(sink, resolve), gzip: sink.gzip, format: sink.format };
    case 'otlp':
      return { ...base, type: sink.type, ...convertHttp(sink, resolve) };
    case 'syslog':
      return {
        ...{ ...base, type: sink.type, host: sink.host, port: sink.port, format: sink.format },
        ...(sink.ca !== undefined && { ca: resolve(sink.ca) }),
        ...(sink.certificate !== undefined && { certificate: resolve(sink.certificate) }),
        ...(sink.key !== undefined && { key: resolve(sink.key) }),
      };
    case 'postgres':
      return {
        ...{ ...base, type: sink.type, url: convertSecret(sink.url, resolve), table: sink.table },
        ...(sink.ca !== undefined && { ca: resolve(sink.ca) }),
      };
    case 'opa':
      return { ...base, type: sink.type, ...convertHttp(sink, resolve), maxUploadBytes: sink.max_upload_kib * 1024 };
  }
}

function convertBase({ name, max_lag_mib, batch_lines, batch_kib, timeout_seconds }: SinkFile): SinkBase {
  return {
    name,
    maxLagBytes: max_lag_mib * 1024 * 1024,
    batchLines: batch_lines,
    batchBytes: batch_kib * 1024,
    timeoutMs: timeout_seconds * 1000,
  };
}

function convertHttp({ url, token, ca }: HttpFile, resolve: Resolve): HttpPlace {
  return {
    url,
    ...(token !== undefined && { token: convertSecret(token, resolve) }),
    ...(ca !== undefined && { ca: resolve(ca) }),
  };
}

function convertSecret(secret: SecretFile, resolve: Resolve): CredentialSource {
  return 'file' in secret ? { source: 'file', path: resolve(secret.file) } : { source: 'environment', name: secret.environment };
}
