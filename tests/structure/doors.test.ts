import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { importsOf, readSources, root } from './sources.ts';

/** Library → the only places that may know it: a folder (with a slash at its end) or a file. */
const doors: Readonly<Record<string, readonly string[]>> = {
  '@open-policy-agent/opa-wasm': ['gateway/engine/'],
  re2js: ['gateway/engine/builtins/'],
  'http-proxy-middleware': ['gateway/pipeline/proxy/proxy.ts'],
  passport: ['gateway/http/login/'],
  'openid-client': ['gateway/http/login/oidc/'],
  '@node-saml/passport-saml': ['gateway/http/login/saml/'],
  '@xmldom/xmldom': ['gateway/http/login/saml/'],
  'express-session': ['gateway/http/login/'],
  'connect-redis': ['gateway/http/login/stores/'],
  redis: ['gateway/http/login/stores/'],
  winston: ['gateway/observe/logger.ts'],
  'prom-client': ['gateway/observe/'],
  express: ['gateway/server.ts', 'gateway/http/', 'gateway/pipeline/proxy/proxy.ts'],
  commander: ['gateway/cli/'],
  jsonwebtoken: ['gateway/demo/', 'gateway/mint/'],
  jose: ['gateway/pipeline/authenticate/', 'gateway/http/login/oidc/', 'gateway/demo/'],
  yaml: ['gateway/config/', 'gateway/demo/'],
  zod: ['gateway/config/', 'gateway/registry/'],
  'tar-stream': ['gateway/bundle/'],
  'ipaddr.js': ['gateway/addresses/', 'gateway/pipeline/accept/'],
  'mmdb-lib': ['gateway/places/'],
  '@peculiar/x509': ['gateway/tls/'],
  helmet: ['gateway/http/'],
  '@opentelemetry/api': ['gateway/observe/'],
  '@opentelemetry/resources': ['gateway/observe/'],
  '@opentelemetry/sdk-trace': ['gateway/observe/'],
  '@opentelemetry/exporter-trace-otlp-http': ['gateway/observe/'],
  pg: ['gateway/registry/', 'gateway/sinks/postgres.ts'],
  'reflect-metadata': ['gateway/tls/'],
};

test('a third-party library has one door', () => {
  const wrong = readSources('gateway')
    .flatMap(importsOf)
    .filter(({ own }) => !own)
    .filter(({ path, target }) => !(doors[target] ?? []).some((door) => (door.endsWith('/') ? path.startsWith(door) : path === door)))
    .map(({ path, target }) =>
      doors[target] === undefined
        ? `${path} imports ${target}, which has no door; give it one here`
        : `${path} imports ${target}; only ${doors[target].join(', ')} may`,
    );
  assert.deepEqual(wrong, []);
});

test('the code needs nothing at run time that is not a dependency', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  const needed = new Set(
    readSources('gateway')
      .flatMap(importsOf)
      .filter(({ own, typeOnly }) => !own && !typeOnly)
      .map(({ target }) => target),
  );
  assert.deepEqual(
    [...needed].filter((name) => manifest.dependencies[name] === undefined),
    [],
  );
  for (const [name, version] of Object.entries(manifest.dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/, `${name} is pinned`);
});
