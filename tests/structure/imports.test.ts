import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importsOf, readSources, roomOf, type Source } from './sources.ts';

/** Rooms that hold no mechanism of the gateway's own and may be used from everywhere. */
const leaves = ['vocabulary', 'errors', 'secret', 'json', 'files', 'addresses', 'version'];

const stages = ['accept', 'authenticate', 'chain', 'collect', 'decide', 'enforce', 'inject', 'proxy', 'record'].map(
  (name) => `pipeline/${name}`,
);
const mechanisms = [
  'bundle',
  'engine',
  'backends',
  'vault',
  'ledger',
  'observe',
  'config',
  'registry',
  'tls',
  'certificates',
  'listener',
  'places',
  'toolchain',
  'rollout',
  'mint',
];

interface Rule {
  /** What else than the room itself may be imported. */
  readonly may: readonly string[];
  /** Told when it is broken. */
  readonly because: string;
}

const stage = (...ports: readonly string[]): Rule => ({
  may: [...leaves, ...ports],
  because: `a stage knows the vocabulary, its own folder and its own port${ports.length === 0 ? '' : ` (${ports.join(', ')})`}; never another stage`,
});
const mechanism: Rule = {
  may: leaves,
  because: 'a room of mechanisms knows the vocabulary only; never the pipeline, and never another room of mechanisms',
};

const rules: Readonly<Record<string, Rule>> = {
  vocabulary: { may: ['errors'], because: 'the vocabulary imports nothing but the names of errors' },
  errors: { may: ['vocabulary'], because: 'errors know vocabulary types only' },
  secret: { may: ['vocabulary'], because: 'secret knows its own type only' },
  version: { may: [], because: 'the version knows nothing of the gateway' },
  json: { may: ['errors', 'vocabulary'], because: 'json knows errors only: it reads bytes, not requests' },
  files: {
    may: ['errors', 'vocabulary'],
    because: 'files follows what changes on disk: it knows the clock and the log, not what the files mean',
  },
  addresses: { may: ['vocabulary'], because: 'addresses reads IP addresses and ranges: it knows nothing of requests' },
  bundle: { may: leaves, because: 'unpacking, verifying and signing bundles is pure: bytes and keys in, a verdict out' },
  ...Object.fromEntries(mechanisms.map((room) => [room, mechanism])),
  engine: { may: [...leaves, 'bundle'], because: 'the engine reads bundles; apart from those it knows the vocabulary only' },
  rollout: { may: [...leaves, 'bundle'], because: 'the rollout fetches and keeps bundles; what is made of them comes to it as a need' },
  sinks: {
    may: [...leaves, 'ledger'],
    because: 'a sink follows what the ledger wrote, through the ledger; it knows neither configuration nor vault',
  },
  search: { may: [...leaves, 'ledger'], because: 'the search reads what the ledger wrote, through the ledger; it writes nothing there' },
  trial: {
    may: [...leaves, 'bundle', 'engine', 'pipeline/decide'],
    because: 'a trial asks a candidate, on the engine, what the decide stage would; nothing waits for it',
  },
  'pipeline/accept': stage(),
  'pipeline/authenticate': stage('certificates', 'registry'),
  'pipeline/chain': stage(),
  'pipeline/collect': stage('ledger'),
  'pipeline/decide': stage('engine'),
  'pipeline/enforce': stage('backends'),
  'pipeline/inject': stage('vault', 'backends'),
  'pipeline/proxy': stage('backends'),
  'pipeline/record': stage('ledger', 'observe'),
  pipeline: { may: [...leaves, ...stages], because: 'the pipeline knows its stages and the journal; mechanisms reach it through stages' },
  http: {
    may: [...leaves, 'pipeline', ...stages, 'engine', 'ledger', 'observe', 'registry', 'mint', 'search'],
    because: 'doors that are not model calls know pipeline, engine, ledger, observe, registry, mint and search',
  },
  server: { may: [...leaves, 'pipeline', 'http'], because: 'the server only says which URL leads to which door' },
  demo: {
    may: [...leaves, ...mechanisms, 'pipeline/authenticate'],
    because: 'the demo is an upstream, identities and a configuration; it is no part of the running gateway',
  },
  lifecycle: { may: [...leaves, 'observe', 'pipeline'], because: 'starting and ending know servers and the pipeline, not what they serve' },
  composition: {
    may: [...leaves, ...mechanisms, ...stages, 'search', 'sinks', 'trial', 'pipeline', 'http', 'lifecycle'],
    because: 'a part of the composition root, one file for each subject, knows everything but the demo and the command line',
  },
  main: {
    may: [...leaves, ...mechanisms, ...stages, 'search', 'pipeline', 'http', 'server', 'composition', 'lifecycle'],
    because: 'the composition root knows everything but the demo and the command line',
  },
  cli: {
    may: [...leaves, ...mechanisms, ...stages, 'search', 'pipeline', 'http', 'server', 'demo', 'main', 'lifecycle'],
    because: 'the command line may use everything',
  },
};

/** One sentence for each import that the rules forbid. */
function findForbidden(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((source) => {
    const room = roomOf(source.path);
    const rule = rules[room];
    if (rule === undefined) return [`${source.path}: the room ${room} has no rule here; say what it may import, and why`];
    return importsOf(source)
      .filter(({ own, target }) => own && !allows(room, rule, target))
      .map(({ target }) => `${source.path} imports ${target}: ${rule.because}`);
  });
}

function allows(room: string, rule: Rule, target: string): boolean {
  // Files beside the code (package.json) hold data.
  if (!target.startsWith('gateway/')) return target === 'package.json';
  const other = roomOf(target);
  return other === room || rule.may.includes(other);
}

test('imports run in one direction', () => {
  const sources = readSources('gateway');
  assert.ok(sources.length > 100, 'the sources are found');
  assert.deepEqual(findForbidden(sources), []);
});

test('the rule is one that can be broken', () => {
  const source = (path: string, target: string, text = `import { x } from '${target}';`): Source => ({ path, text });
  const forbidden: readonly Source[] = [
    source('gateway/pipeline/decide/decide.ts', '../enforce/enforce.ts'),
    source('gateway/pipeline/decide/decide.ts', '../../backends/openai.ts'),
    source('gateway/pipeline/chain/chain.ts', '../journal.ts'),
    source('gateway/engine/engine.ts', '../pipeline/pipeline.ts'),
    source('gateway/vault/file.ts', '../config/load.ts'),
    source('gateway/vocabulary/body.ts', '../json/scan.ts'),
    source('gateway/main.ts', './demo/demo.ts'),
    source('gateway/server.ts', './engine/engine.ts'),
    source('gateway/engine/engine.ts', '', "export * from '../vault/vault.ts';"),
    source('gateway/engine/engine.ts', '', "const x = await import('../vault/vault.ts');"),
    source('gateway/engine/engine.ts', '', "type X = import('../vault/vault.ts').Vault;"),
    source('gateway/engine/engine.ts', '', "new Worker(new URL('../vault/vault.ts', import.meta.url));"),
    source('gateway/engine/engine.ts', '', "import {\n  a,\n  type b,\n} from '../../tests/engine/harness.ts';"),
    source('gateway/utilities/x.ts', './y.ts'),
  ];
  for (const each of forbidden) assert.equal(findForbidden([each]).length, 1, `${each.path}: ${each.text}`);
  assert.deepEqual(findForbidden([source('gateway/pipeline/decide/decide.ts', '../../engine/engine.ts')]), []);
  assert.deepEqual(findForbidden([source('gateway/engine/engine.ts', '', "// import { x } from '../vault/vault.ts';")]), []);
});

test('the vocabulary holds types only, so it cannot do anything', () => {
  for (const source of readSources('gateway/vocabulary')) {
    assert.doesNotMatch(source.text, /^export (?:const|let|function|class|default|async)\b/m, source.path);
    for (const { typeOnly, target } of importsOf(source)) assert.ok(typeOnly, `${source.path} imports ${target} as a value`);
  }
});
