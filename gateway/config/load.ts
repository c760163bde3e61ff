import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve as resolvePath } from 'node:path';
import { freeze } from '../json/freeze.ts';
import type { Configuration, CredentialSource, TlsConfiguration } from '../vocabulary/configuration.ts';
import { convertBundleStore, convertBundles, convertStatus } from './bundles.ts';
import { convertCandidate } from './candidate.ts';
import { buildCatalogue } from './catalogue.ts';
import { convertClientCertificates } from './client-certificates.ts';
import { convertLogin } from './convert-login.ts';
import { convertRecord } from './convert-record.ts';
import { convertDeviceToken } from './device-token.ts';
import { convertIssuer } from './issuers.ts';
import { parseConfiguration } from './parse.ts';
import { ConfigurationError, type Problem, type Report } from './problem.ts';
import { convertRegistry } from './registry.ts';
import type { ConfigurationFile } from './schema.ts';
import { convertTokens } from './tokens.ts';
import { convertTraces } from './traces.ts';
import { findUnsafe } from './unsafe.ts';
import { convertVerification } from './verification.ts';

export interface LoadOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Overrides `listen.port`. */
  readonly port?: number;
}

/**
 * Reads a configuration file and checks it: YAML, schema, catalogue, and whether what it asks for is safe.
 * @throws ConfigurationError with every problem found
 */
export function loadConfiguration(path: string, options: LoadOptions): Configuration {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ConfigurationError(path, [
      { path: '', message: `the configuration file cannot be read (${code}); pass its path with --config` },
    ]);
  }
  return buildConfiguration(path, text, options);
}

/** As {@link loadConfiguration}, from text. `path` gives the folder that relative paths start at. */
export function buildConfiguration(path: string, text: string, options: LoadOptions): Configuration {
  const { file, place } = parseConfiguration(path, text, options.environment);
  const folder = dirname(resolvePath(path));
  const resolve = (each: string) => (isAbsolute(each) ? each : resolvePath(folder, each));
  const problems: Problem[] = [];
  const report: Report = (setting, message) => void problems.push({ ...place(setting), path: setting.join('.'), message });
  const catalogue = buildCatalogue(file, resolve, report);
  const configuration = convert(file, catalogue, resolve, options.port, report);
  findUnsafe(configuration, report);
  if (problems.length > 0) throw new ConfigurationError(path, problems);
  return freeze(configuration);
}

type Resolve = (path: string) => string;

function convert(
  file: ConfigurationFile,
  catalogue: Configuration['catalogue'],
  resolve: Resolve,
  port: number | undefined,
  report: Report,
): Configuration {
  const { listen, identity, context, policy, record, limits } = file;
  const issuers = identity.issuers.map((issuer) => convertIssuer(issuer, resolve));
  const deviceToken = context.device_token && convertDeviceToken(context.device_token, issuers, resolve, report);
  return {
    listen: {
      host: listen.host,
      port: port ?? listen.port,
      tls: convertTls(listen.tls, resolve),
      ...(listen.client_certificates === undefined
        ? {}
        : { clientCertificates: convertClientCertificates(listen.client_certificates, resolve) }),
      trustedProxies: listen.trusted_proxies,
      ...(listen.proxy_protocol ? { proxyProtocol: true } : {}),
      drainSeconds: listen.drain_seconds,
    },
    doors: file.doors,
    ...(file.admin === undefined ? {} : { admin: file.admin }),
    identity: {
      issuers,
      ...convertRegistry(identity, resolve),
    },
    ...(file.login === undefined ? {} : { login: convertLogin(file.login, resolve) }),
    ...(file.tokens === undefined ? {} : { tokens: convertTokens(file.tokens, resolve) }),
    context: {
      zone: context.zone,
      networks: context.networks,
      headers: omitUndefined({
        deviceId: context.headers.device_id,
        deviceManaged: context.headers.device_managed,
        deviceOs: context.headers.device_os,
        country: context.headers.country,
        asn: context.headers.asn,
      }),
      forwardedHops: context.forwarded_hops,
      forwardedHeader: context.forwarded_header,
      ...(context.places === undefined ? {} : { places: resolvePlaces(context.places, resolve) }),
      ...(deviceToken === undefined ? {} : { deviceToken }),
      deviceEvidence: context.device_evidence,
    },
    policy: {
      bundles: convertBundles(policy, resolve),
      ...(policy.candidate === undefined
        ? {}
        : { candidate: convertCandidate(policy.candidate, convertBundles(policy, resolve), resolve) }),
      ...(policy.store === undefined ? {} : { store: convertBundleStore(policy.store, resolve) }),
      ...(policy.status === undefined ? {} : { status: convertStatus(policy.status, resolve) }),
      maxMemoryBytes: policy.max_memory_mib * 1024 * 1024,
      maxEvaluationMs: policy.max_evaluation_ms,
      compile: policy.compile,
      ...(policy.verification === undefined ? {} : { verification: convertVerification(policy.verification, resolve) }),
    },
    catalogue,
    credentials: new Map(Object.entries(file.credentials).map(([id, source]) => [id, convertSource(source, resolve)])),
    record: convertRecord(record, resolve),
    limits: {
      bodyBytes: Math.floor(limits.body_mib * 1024 * 1024),
      inFlightBytes: Math.floor(limits.in_flight_mib * 1024 * 1024),
      jsonDepth: limits.json_depth,
      bodySeconds: limits.body_seconds,
      maxAttempts: limits.max_attempts,
    },
    log: file.log,
    ...(file.traces === undefined ? {} : { traces: convertTraces(file.traces, resolve) }),
    labels: file.labels,
  };
}

function convertTls(tls: ConfigurationFile['listen']['tls'], resolve: Resolve): TlsConfiguration {
  switch (tls.mode) {
    case 'files':
      return { mode: 'files', certificate: resolve(tls.certificate), key: resolve(tls.key) };
    case 'development':
      return { mode: 'development', directory: resolve(tls.directory) };
    case 'plaintext':
      return tls;
  }
}

function convertSource(source: ConfigurationFile['credentials'][string], resolve: Resolve): CredentialSource {
  return 'file' in source ? { source: 'file', path: resolve(source.file) } : { source: 'environment', name: source.environment };
}

function resolvePlaces({ country, asn }: NonNullable<ConfigurationFile['context']['places']>, resolve: Resolve) {
  return {
    ...(country === undefined ? {} : { country: resolve(country) }),
    ...(asn === undefined ? {} : { asn: resolve(asn) }),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function omitUndefined<T extends Record<string, unknown>>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
