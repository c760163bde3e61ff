import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSources, root, withoutComments } from './sources.ts';

const gateway = readSources('gateway');

test('files are small: median at most 90 lines, nine of ten at most 200, none over 300', () => {
  const sizes = gateway.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 })).sort((a, b) => a.lines - b.lines);
  const at = (part: number) => sizes[Math.floor((sizes.length - 1) * part)]?.lines ?? 0;
  assert.ok(at(0.5) <= 90, `the median is ${at(0.5)} lines`);
  assert.ok(at(0.9) <= 200, `one file in ten has more than ${at(0.9)} lines`);
  assert.deepEqual(
    sizes.filter(({ lines }) => lines > 300),
    [],
    'a file over 300 lines does more than one thing',
  );
});

test('no room is called utils, helpers, common or lib, and nothing is re-exported from an index', () => {
  const wrong = gateway.filter(({ path }) => /\/(?:utils?|helpers?|common|lib|misc|shared)(?:\/|\.ts$)|\/index\.ts$/.test(path));
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
    'a name says what is inside; a barrel hides who imports whom',
  );
});

test('names are in kebab-case', () => {
  const sources = [...gateway, ...readSources('tests'), ...readSources('scripts')];
  const wrong = sources.filter(({ path }) =>
    path.split('/').some((part) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|d|worker))?(?:\.ts)?$/.test(part)),
  );
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
  );
});

test('the main file of a stage has the name of its folder and exports its maker', () => {
  const folder = join(root, 'gateway/pipeline');
  const stages = readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory());
  assert.equal(stages.length, 9);
  for (const stage of stages) {
    const file = join(folder, stage, `${stage}.ts`);
    assert.ok(existsSync(file), `pipeline/${stage} has no ${stage}.ts`);
    const maker = `make${stage.slice(0, 1).toUpperCase()}${stage.slice(1)}`;
    assert.match(readFileSync(file, 'utf8'), new RegExp(`export (?:async )?function ${maker}\\b`), `${stage}.ts exports no ${maker}`);
  }
});

/** Where each seal may be set by an assertion. */
const seals: readonly (readonly [assertion: RegExp, folder: string, because: string])[] = [
  [
    /(?:\bas|<)\s*(?:Permit|ForwardPermit|ListingPermit)\b/,
    'gateway/pipeline/enforce/',
    'only enforce makes a permit: whoever asserts one sends without leave',
  ],
  [
    /(?:\bas|<)\s*(?:Armed|ArmedForward|ArmedListing)\b(?!\s*[,>]\s*\()/,
    'gateway/pipeline/inject/',
    'only inject arms a request: whoever asserts it sends without the credential being exchanged',
  ],
];

function findSeals(path: string, text: string): readonly string[] {
  const code = withoutComments(text).replace(/^\s*import[\s\S]*?from '[^']*';/gm, '');
  return seals
    .filter(([assertion, folder]) => !path.startsWith(folder) && code.split('\n').some((line) => isAssertion(line, assertion)))
    .map(([, , because]) => `${path}: ${because}`);
}

/** `Promise<Armed>` is a type argument, `<Armed>x` and `x as Armed` are assertions. */
function isAssertion(line: string, assertion: RegExp): boolean {
  return assertion.test(line.replace(/\w</g, (match) => `${match[0]}‹`));
}

test('seals are set in one place each', () => {
  assert.deepEqual(
    gateway.flatMap(({ path, text }) => findSeals(path, text)),
    [],
  );
});

test('the search for seals finds them', () => {
  for (const code of [
    'const x = y as Permit;',
    'y as  ForwardPermit',
    'f(<ListingPermit>y)',
    'y as unknown as Armed',
    'y as ArmedForward[]',
  ]) {
    assert.equal(findSeals('gateway/pipeline/proxy/x.ts', code).length, 1, code);
  }
  for (const code of [
    'function f(x: Permit): Promise<Armed> {',
    "import { a as Permit } from './x.ts';",
    'const p: Permit = y',
    'as PermitBase',
  ]) {
    assert.deepEqual(findSeals('gateway/pipeline/proxy/x.ts', code), [], code);
  }
});

test('no any, no suppressed type error, no assertion that something is there', () => {
  const wrong = gateway.filter(({ text }) => {
    const code = withoutComments(text);
    return (
      /(?::|\bas|<|\|)\s*any\b(?!\w|')/.test(code.replace(/'(?:[^'\\\n]|\\.)*'|`[^`]*`/g, "''")) ||
      /@ts-(?:ignore|expect-error|nocheck)/.test(text)
    );
  });
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
  );
});

test('only the command line writes to the terminal', () => {
  const wrong = gateway.filter(({ path, text }) => !path.startsWith('gateway/cli/') && /\bconsole\s*[.[]/.test(withoutComments(text)));
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
    'what operators need to know goes through the logger',
  );
});

test('code and documents stand alone', () => {
  const documents = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => /\.(?:md|json)$/.test(name));
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  const texts = [
    ...[...gateway, ...readSources('scripts')].map(({ path, text }) => [path, text] as const),
    ...documents.map((name) => [`docs/${name}`, readFileSync(join(root, 'docs', name), 'utf8')] as const),
    ...top.map((name) => [name, readFileSync(join(root, name), 'utf8')] as const),
  ];
  const wrong = texts.filter(([, text]) => /(?<![\w-])shared\/|\/work\/|\/tmp\/brief/.test(text));
  assert.deepEqual(
    wrong.map(([path]) => path),
    [],
    'nothing points to a place that a reader of the repository does not have',
  );
});
