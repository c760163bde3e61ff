import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { unpackBundle } from '../../gateway/bundle/unpack-bundle.ts';
import { requireVerified } from '../../gateway/bundle/verify-bundle.ts';
import { pairFor, verificationKey } from '../bundle/workbench.ts';
import { writeLog } from '../cli/policy/replay-harness.ts';
import { root } from '../structure/sources.ts';
import { needsToolchain, policy } from '../toolchain/toolchain-harness.ts';

/*
 * The recipes of examples/ci, step by step, in a repository as `regate policy new` makes it. In place of the package from npm there is this checkout,
 * in place of the place that gateways load from a server on the loopback.
 */

const pair = pairFor('EdDSA');

interface Step {
  readonly name: string;
  readonly script: string;
  readonly shell: 'bash' | 'sh';
}

async function workplace(t: TestContext, ci: 'github' | 'gitlab') {
  const folder = mkdtempSync(join(tmpdir(), 'regate-recipe-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const repository = join(folder, 'repository');
  assert.equal((await policy(folder, 'new', 'repository', '--ci', ci)).code, 0);
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'regate'), `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'gateway/cli/regate.ts')}" "$@"\n`);
  chmodSync(join(folder, 'bin', 'regate'), 0o755);
  mkdirSync(join(repository, 'keys'));
  writeFileSync(join(repository, 'keys', 'release.pub'), pair.verifying);
  const git = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example', ...args], {
      cwd: repository,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', 'base');
  const base = git('rev-parse', 'HEAD');
  const puts: { authorization: string | undefined; body: Buffer }[] = [];
  const server = createServer(async (request, response) => {
    puts.push({ authorization: request.headers.authorization, body: await buffer(request) });
    response.writeHead(request.method === 'PUT' ? 201 : 405, { etag: '"1"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());

  /** Runs a step beside the server, which must go on answering. */
  async function run({ name, script, shell }: Step): Promise<string> {
    const child = spawn(shell, ['-e', '-c', script], {
      cwd: repository,
      env: {
        PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}`,
        HOME: folder,
        KEY_ID: 'release',
        SCOPE: 'production',
        BUDGET_US: '1000000',
        POLICY_SIGNING_KEY: pair.signing,
        BUNDLE_TOKEN: 'token',
        BUNDLE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/bundle.tar.gz`,
        BASE: base,
        CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
        GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
        GITHUB_REPOSITORY: 'we/policies',
        GITHUB_SHA: base,
        CI_PROJECT_PATH: 'we/policies',
        CI_COMMIT_SHA: base,
      },
    });
    const [said, complained] = [buffer(child.stdout), buffer(child.stderr)];
    const code = await new Promise((resolve) => child.once('exit', resolve));
    const told = `${await said}${await complained}`;
    if (code !== 0) throw new Error(`${name}: ${told}`);
    return told;
  }
  return { folder, repository, run, puts };
}

type Workplace = Awaited<ReturnType<typeof workplace>>;

async function assertPublished({ puts }: Workplace): Promise<void> {
  assert.equal(puts.length, 1);
  assert.equal(puts[0]?.authorization, 'Bearer token');
  const files = await unpackBundle(puts[0]?.body ?? Buffer.alloc(0));
  const keys = [verificationKey(pair)];
  const verified = requireVerified(files, { keys, scope: 'production', now: Date.now(), allowDowngrade: false });
  assert.equal(verified.keyId, 'release');
  assert.ok((verified.expiresAt ?? 0) * 1000 > Date.now() + 80 * 86_400_000, 'it expires in ninety days');
  assert.match(verified.issuer ?? '', /^we\/policies@[0-9a-f]{40}$/);
}

function changeRoles({ repository }: Workplace): void {
  const path = join(repository, 'policies/roles/data.yaml');
  writeFileSync(path, `${readFileSync(path, 'utf8')}\napprentice:\n  models:\n    small: [person]\n`);
}

describe('the recipes', needsToolchain, () => {
  it('for GitHub: of a pull request and of the main branch', async (t) => {
    const place = await workplace(t, 'github');
    // What a gateway recorded under the policy as it was.
    assert.equal((await policy(place.repository, 'build', '-o', '../before.tar.gz')).code, 0);
    await writeLog(join(place.folder, 'before.tar.gz'), join(place.repository, 'recorded-decisions'), 40);
    changeRoles(place);
    const { jobs } = parse(readFileSync(join(place.repository, '.github/workflows/policy.yml'), 'utf8')) as {
      jobs: { policy: { steps: { name?: string; run?: string }[] } };
    };
    const told = new Map<string, string>();
    for (const { name = '', run } of jobs.policy.steps) {
      if (run !== undefined && name !== 'Install') told.set(name, await place.run({ name, script: run, shell: 'bash' }));
    }
    assert.deepEqual(
      [...told.keys()],
      ['Format', 'Check', 'Test', 'Build', 'The build is reproducible', 'Budget', 'What changes', 'Replay', 'Sign', 'Verify', 'Publish'],
    );
    assert.match(told.get('What changes') ?? '', /\+ data\.roles\.apprentice = \{"models":\{"small":\["person"\]\}\}/);
    assert.match(readFileSync(join(place.folder, 'summary.md'), 'utf8'), /data\.roles\.apprentice/);
    assert.match(
      readFileSync(join(place.repository, 'reports/tests.xml'), 'utf8'),
      /<testsuites name="regate policy" tests="\d+" failures="0"/,
    );
    assert.equal((JSON.parse(readFileSync(join(place.repository, 'reports/check.sarif'), 'utf8')) as { version: string }).version, '2.1.0');
    assert.match(told.get('Replay') ?? '', /40/);
    assert.doesNotMatch(told.get('Replay') ?? '', /No recorded decisions/);
    await assertPublished(place);
  });

  it('for GitLab: of a merge request and of the default branch', async (t) => {
    const place = await workplace(t, 'gitlab');
    changeRoles(place);
    const {
      stages,
      default: _default,
      variables: _variables,
      ...jobs
    } = parse(readFileSync(join(place.repository, '.gitlab-ci.yml'), 'utf8')) as {
      stages: string[];
      default: unknown;
      variables: unknown;
    } & Record<string, { stage: string; script: string[] }>;
    const ordered = Object.entries(jobs).sort(([, a], [, b]) => stages.indexOf(a.stage) - stages.indexOf(b.stage));
    const told = new Map<string, string>();
    for (const [name, { script }] of ordered) told.set(name, await place.run({ name, script: script.join('\n'), shell: 'bash' }));
    assert.deepEqual([...told.keys()], ['check', 'test', 'build', 'diff', 'publish']);
    assert.match(told.get('test') ?? '', /COVERAGE: (\d+(?:\.\d+)?) %/);
    assert.match(told.get('diff') ?? '', /data\.roles\.apprentice/);
    assert.ok(existsSync(join(place.repository, 'tests.xml')));
    await assertPublished(place);
  });

  it('a test that fails, or a rule that is not tested, ends both', async (t) => {
    const place = await workplace(t, 'gitlab');
    const { test } = parse(readFileSync(join(place.repository, '.gitlab-ci.yml'), 'utf8')) as { test: { script: string[] } };
    const path = join(place.repository, 'policies/layers/platform/untested.rego');
    writeFileSync(path, 'package layers.platform\n\ndeny contains {"code": "never.reached"} if input.request.id == "x"\n');
    const step = { name: 'test', script: test.script.join('\n'), shell: 'bash' } as const;
    await assert.rejects(place.run(step), /no test reaches this|below the threshold/);
    assert.match(readFileSync(join(place.repository, 'tests.xml'), 'utf8'), /<failure message="coverage is 99/);
  });
});
