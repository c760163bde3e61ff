import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Backend, Catalogue, Model } from '../vocabulary/catalogue.ts';
import type { Problem } from './problem.ts';
import type { ConfigurationFile } from './schema.ts';

/**
 * Builds the catalogue from the file's backends and models, and says where they contradict each other: a name used twice, a backend that serves
 * an unknown model, a credential that is not configured, a model that nobody serves.
 */
export function buildCatalogue(file: ConfigurationFile, resolve: (path: string) => string, problem: (found: Problem) => void): Catalogue {
  const models = new Map<string, Model>();
  const names = new Map<string, string>();
  for (const [index, entry] of file.models.entries()) {
    for (const name of [entry.id, ...entry.aliases]) {
      if (names.has(name))
        problem({ path: `models.${index}`, message: `the name ${name} is used twice; names and aliases must be unique` });
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
    const at = `backends.${index}`;
    if (backends.has(entry.id)) problem({ path: `${at}.id`, message: `two backends are called ${entry.id}` });
    if (!Object.hasOwn(file.credentials, entry.credential)) {
      problem({ path: `${at}.credential`, message: `there is no credential ${entry.credential}; add it under credentials` });
    }
    checkBaseUrl(entry.base_url, entry.insecure_http, `${at}.base_url`, problem);
    for (const model of Object.keys(entry.models)) {
      if (!models.has(model)) problem({ path: `${at}.models.${model}`, message: 'no such model; add it under models' });
      servedBy.set(model, [...(servedBy.get(model) ?? []), entry.id]);
    }
    backends.set(entry.id, {
      id: entry.id,
      protocol: entry.protocol,
      baseUrl: entry.base_url.replace(/\/+$/, ''),
      credential: entry.credential,
      auth: entry.auth ?? (entry.protocol === 'anthropic' ? 'x-api-key' : 'bearer'),
      ...(entry.region === undefined ? {} : { region: entry.region }),
      ...(entry.ca === undefined ? {} : readRoots(resolve(entry.ca), `${at}.ca`, problem)),
      timeoutMs: { connect: entry.connect_timeout_ms, idle: entry.idle_timeout_ms },
      serves: Object.entries(entry.models).map(([model, upstream]) => ({ model, upstream })),
    });
  }
  for (const [index, entry] of file.models.entries()) {
    if (!servedBy.has(entry.id)) problem({ path: `models.${index}.id`, message: `no backend serves ${entry.id}` });
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([[...models.values()], [...backends.values()]]))
    .digest('hex');
  return { models, names, backends, servedBy, digest };
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

function checkBaseUrl(text: string, insecure: boolean, path: string, problem: (found: Problem) => void): void {
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') problem({ path, message: 'credentials do not belong into the URL; use credentials' });
  if (url.search !== '' || url.hash !== '') problem({ path, message: 'the URL must have no query or fragment' });
  if (url.protocol === 'http:' && !insecure && !loopback.has(url.hostname)) {
    problem({ path, message: 'plain http sends the credential in clear text; use https, or set insecure_http: true' });
  }
}

function readRoots(path: string, at: string, problem: (found: Problem) => void): { ca?: string } {
  try {
    return { ca: readFileSync(path, 'utf8') };
  } catch (cause) {
    problem({ path: at, message: `cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown error'})` });
    return {};
  }
}
