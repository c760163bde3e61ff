import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hostBuiltinNames } from '../../../gateway/engine/builtins/registry.ts';
import { changed, least } from '../../config/samples.ts';
import { data, openSite, rules } from '../../rollout/harness.ts';
import { runPolicy, toolchain } from '../../toolchain/toolchain-harness.ts';

async function prepare(t: TestContext) {
  const site = openSite(t);
  const store = { directory: join(site.folder, 'kept'), keep: 5 };
  await site.deploy('rules', await rules('r1'));
  await site.deploy('words', await data('w1', { greeting: 'one' }));
  const policy = site.open({ store });
  await policy.start();
  await site.deploy('rules', await rules('r2'));
  await policy.refresh();
  writeFileSync(
    join(site.folder, 'regate.yaml'),
    changed('  bundle: bundle.tar.gz', '  bundle: rules.tar.gz\n  store: { directory: kept }'),
  );
  writeFileSync(join(site.folder, 'plain.yaml'), least);
  const run = (...args: readonly string[]) =>
    runPolicy({ cwd: site.folder, toolchain, hostBuiltins: hostBuiltinNames }, [...args, '--config', join(site.folder, 'regate.yaml')]);
  return { site, store, policy, run };
}

test('what is kept is listed, rolled back to, and released; a gateway that runs follows, and so does one that starts', async (t) => {
  const { site, store, policy, run } = await prepare(t);
  const listed = await run('revisions');
  assert.match(listed.out, /^[0-9a-f]{12} {2}r2 {2}2026-03-01T12:00:00\.000Z {2}rules r2, words w1\n[0-9a-f]{12} {2}r1 {2}.*\n$/);
  const { err } = await run('rollback', 'r1');
  assert.match(err, /held to revision r1 \([0-9a-f]{12}\)/);
  assert.match((await run('revisions')).out, /r1 {2}.*\(pinned\)/);
  await policy.refresh();
  assert.equal(policy.current()?.stamp.revision, 'r1');
  policy.stop();
  const again = site.open({ store });
  await again.start();
  assert.equal(again.current()?.stamp.revision, 'r1');
  await run('release');
  await again.refresh();
  assert.equal(again.current()?.stamp.revision, 'r2');
  const { revisions } = JSON.parse((await run('revisions', '--format', 'json')).out) as { revisions: { revision: string }[] };
  assert.deepEqual(
    revisions.map(({ revision }) => revision),
    ['r2', 'r1'],
  );
});

test('a revision that is not kept, and a configuration without a store, are told', async (t) => {
  const { site, run } = await prepare(t);
  await assert.rejects(run('rollback', 'r9'), /no such revision is kept/);
  await assert.rejects(
    runPolicy({ cwd: site.folder, toolchain, hostBuiltins: hostBuiltinNames }, ['revisions', '--config', join(site.folder, 'plain.yaml')]),
    /has no policy\.store/,
  );
});
