import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { makePolicyCommand } from '../../../gateway/cli/policy/policy.ts';
import { root } from '../../structure/sources.ts';
import { needsToolchain, policy, temporaryDirectory } from '../../toolchain/toolchain-harness.ts';

const files = (directory: string) => readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();

test('new writes policies with tests and schemas, a pipeline, editor settings and what to do', async (t) => {
  const cwd = temporaryDirectory(t);
  const made = await policy(cwd, 'new', 'ours');
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^Wrote ours\. Next:\n\n {2}cd ours\n/);
  const ours = join(cwd, 'ours');
  assert.deepEqual(readdirSync(ours).sort(), ['.github', '.gitignore', '.vscode', 'README.md', 'policies']);
  assert.deepEqual(files(join(ours, 'policies')), files(join(root, 'policies')));
  assert.equal(
    readFileSync(join(ours, '.github/workflows/policy.yml'), 'utf8'),
    readFileSync(join(root, 'examples/ci/github-actions.yml'), 'utf8'),
  );
  assert.match(readFileSync(join(ours, '.gitignore'), 'utf8'), /^\*\.key$/m);
  const settings = JSON.parse(readFileSync(join(ours, '.vscode/settings.json'), 'utf8')) as Record<string, string>;
  assert.ok(existsSync((settings['opa.schema'] ?? '').replace(/^\$\{workspaceFolder\}/, ours)), 'the editor finds the schemas');
  JSON.parse(readFileSync(join(ours, '.vscode/extensions.json'), 'utf8'));
});

test('the pipeline may be that of GitLab, or none', async (t) => {
  const cwd = temporaryDirectory(t);
  await policy(cwd, 'new', 'gitlab', '--ci', 'gitlab');
  await policy(cwd, 'new', 'bare', '--ci', 'none');
  assert.deepEqual(
    readdirSync(join(cwd, 'gitlab')).filter((name) => /git/.test(name)),
    ['.gitignore', '.gitlab-ci.yml'],
  );
  assert.deepEqual(
    readdirSync(join(cwd, 'bare')).filter((name) => /git/.test(name)),
    ['.gitignore'],
  );
});

test('nothing is written over', async (t) => {
  const cwd = temporaryDirectory(t);
  mkdirSync(join(cwd, 'ours'));
  assert.equal((await policy(cwd, 'new', 'ours')).code, 0, 'an empty directory will do');
  mkdirSync(join(cwd, 'full'));
  writeFileSync(join(cwd, 'full', 'mine'), '');
  const refused = await policy(cwd, 'new', 'full');
  assert.deepEqual([refused.code, refused.out, readdirSync(join(cwd, 'full'))], [2, '', ['mine']]);
  assert.match(refused.err, /full is not empty/);
});

test('what new writes builds, in the same bytes each time', needsToolchain, async (t) => {
  const cwd = temporaryDirectory(t);
  await policy(cwd, 'new', '.');
  assert.equal((await policy(cwd, 'fmt', 'policies')).code, 0);
  for (const name of ['a.tar.gz', 'b.tar.gz']) assert.equal((await policy(cwd, 'build', 'policies', '-o', name)).code, 0);
  assert.deepEqual(readFileSync(join(cwd, 'a.tar.gz')), readFileSync(join(cwd, 'b.tar.gz')));
});

const command = makePolicyCommand();
const text = (name: string) => readFileSync(join(root, 'examples', name), 'utf8');

for (const name of ['ci/github-actions.yml', 'ci/gitlab-ci.yml', 'policy-repository/README.md']) {
  test(`${name} calls commands that there are, with flags that they have`, () => {
    const calls = [
      ...text(name)
        .replaceAll('\\\n', ' ')
        .matchAll(/regate policy ([a-z]+)\b([^\n|>]*)/g),
    ].filter(([line]) => !line.includes('makes one'));
    assert.ok(calls.length >= 5);
    for (const [, called = '', rest = ''] of calls) {
      const found = command.commands.find((one) => one.name() === called);
      assert.ok(found, `regate policy ${called}`);
      for (const [flag] of rest.matchAll(/(?<=\s)--?[a-z][a-z-]*/g)) {
        assert.ok(
          found.options.some((option) => option.long === flag || option.short === flag),
          `${called} ${flag}`,
        );
      }
    }
  });
}

test('the recipe for GitHub gives secrets to the steps that need them, and only on the main branch', () => {
  const { jobs, on } = parse(text('ci/github-actions.yml')) as {
    on: Record<string, unknown>;
    jobs: { policy: { steps: { name?: string; if?: string; env?: Record<string, string>; run?: string }[] } };
  };
  assert.deepEqual(Object.keys(on), ['pull_request', 'push'], 'never pull_request_target, which would lend secrets to a stranger');
  const secret = jobs.policy.steps.filter(({ env }) => JSON.stringify(env ?? {}).includes('secrets.'));
  assert.deepEqual(
    secret.map(({ name }) => name),
    ['Sign', 'Publish'],
  );
  for (const step of secret) assert.equal(step.if, "github.event_name == 'push'");
  // What a stranger may choose, such as the name of a branch, is never pasted into a shell.
  for (const { run = '' } of jobs.policy.steps) assert.doesNotMatch(run, /\$\{\{/);
});

test('the recipe for GitLab publishes from the default branch only', () => {
  const { publish } = parse(text('ci/gitlab-ci.yml')) as { publish: { rules: unknown } };
  assert.deepEqual(publish.rules, [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' }]);
});
