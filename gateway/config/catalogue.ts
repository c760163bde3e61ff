import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Backend, Catalogue, Model } from '../vocabulary/catalogue.ts';
import { isLoopback } from './loopback.ts';
import type { Report, SettingPath } from './problem.ts';
import type { ConfigurationFile } from './schema.ts';

/**
 * Builds the catalogue from the file's backends and models, and says where they contradict each other: a name used twice, a backend that serves
 * an unknown model, a credential that is not configured, a model that nobody serves.
 */
export function buildCatalogue(file: ConfigurationFile, resolve: (path: string) => string, report: Report): Catalogue {
  const models = new Map<string, Model>();
  const names = new Map<string, string>();
  for (const [index, entry] of file.models.entries()) {
    const own: readonly (readonly [name: string, path: SettingPath])[] = [
      [entry.id, ['id']],
      ...entry.aliases.map((name, at) => [name, ['aliases', at]] as const),
    ];
    for (const [name, path] of own) {
      if (names.has(name)) report(['models', index, ...path], 'this name is used twice; the ids and aliases of models must differ');
      names.set(name, entry.id);
    }
    models.set(entry.id, {
      id: entry.id,
      aliases: entry.aliases,
      operations: entry.operations,
      ...(entry.owned_by === undefined ? {} : { ownedBy: entry.owned_by }),
      ...(entry.created === undefined ? {} : { created: entry.created }),
    });
  }

  const backends = new Map<string, Backend>();
  const servedBy = new Map<string, string[]>();
  for (const [index, entry] of file.backends.entries()) {
    const at = ['backends', index];
    if (backends.has(entry.id)) report([...at, 'id'], 'two backends have this id');
    if (!Object.hasOwn(file.credentials, entry.credential)) {
      report([...at, 'credential'], 'names no entry of credentials; the secret itself does not belong here');
    }
    checkBaseUrl(entry.base_url, entry.insecure_http, [...at, 'base_url'], report);
    for (const model of Object.keys(entry.models)) {
      if (!models.has(model)) report([...at, 'models', model], 'no such model; add it under models');
      servedBy.set(model, [...(servedBy.get(model) ?? []), entry.id]);
    }
    backends.set(entry.id, {
      id: entry.id,
      protocol: entry.protocol,
      baseUrl: entry.base_url.replace(/\/+$/, ''),
      credential: entry.credential,
      auth: entry.auth ?? (entry.protocol === 'anthropic' ? 'x-api-key' : 'bearer'),
      ...(entry.region === undefined ? {} : { region: entry.region }),
      ...(entry.ca === undefined ? {} : readRoots(resolve(entry.ca), [...at, 'ca'], report)),
      timeoutMs: { connect: entry.connect_timeout_ms, idle: entry.idle_timeout_ms },
      serves: Object.entries(entry.models).map(([model, upstream]) => ({ model, upstream })),
    });
  }
  for (const [index, entry] of file.models.entries()) {
    if (!servedBy.has(entry.id)) report(['models', index, 'id'], 'no backend serves this model; add it under the models of a backend');
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([[...models.values()], [...backends.values()]]))
    .digest('hex');
  return { models, names, backends, servedBy, digest };
}

function checkBaseUrl(text: string, insecure: boolean, path: SettingPath, report: Report): void {
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') report(path, 'a URL must hold no user name or password; use credentials');
  if (url.search !== '' || url.hash !== '') report(path, 'the URL must have no query or fragment');
  if (url.protocol === 'http:' && !insecure && !isLoopback(url.hostname)) {
    report(path, 'plain http sends the credential in clear text; use https, or set insecure_http: true');
  }
}

function readRoots(path: string, at: SettingPath, report: Report): { ca?: string } {
  try {
    const ca = readFileSync(path, 'utf8');
    if (!ca.includes('-----BEGIN CERTIFICATE-----')) report(at, 'the file holds no PEM certificate');
    return { ca };
  } catch (cause) {
    report(at, `the file cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown error'})`);
    return {};
  }
}
