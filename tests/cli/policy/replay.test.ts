import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Change } from '../../../gateway/cli/policy/replay/replay-record.ts';
import { localFileSystem } from '../../../gateway/ledger/file-system.ts';
import { readEntries } from '../../../gateway/ledger/read-entries.ts';
import { pickSegments } from '../../../gateway/ledger/segment-names.ts';
import type { DecidedRecord } from '../../../gateway/vocabulary/record.ts';
import { needsToolchain, policy } from '../../toolchain/toolchain-harness.ts';
import { type Asked, build, lay, rules, writeLog } from './replay-harness.ts';

interface Report {
  readonly passed: boolean;
  readonly findings: readonly string[];
  readonly decisions: number;
  readonly compared: number;
  readonly changed: number;
  readonly inexact: number;
  readonly not_asked: number;
  readonly clock: number;
  readonly by_change: Readonly<Record<string, number>>;
  readonly by_reason: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly by_team: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly by_model: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly why_inexact: Readonly<Record<string, number>>;
  readonly changes: readonly Change[];
}

const decisions = 1500;

interface Scene {
  readonly cwd: string;
  readonly asked: readonly Asked[];
  /** By decision id. */
  readonly records: ReadonlyMap<string, DecidedRecord>;
}

async function stage(t: TestContext): Promise<Scene> {
  const cwd = lay(t);
  const log = join(cwd, 'decisions');
  const asked = await writeLog(await build(cwd), log, decisions);
  const records = new Map<string, DecidedRecord>();
  for (const segment of pickSegments(readdirSync(log))) {
    for await (const { entry } of readEntries(localFileSystem, log, segment))
      if (entry.kind === 'decided') records.set(entry.decision_id, entry);
  }
  assert.equal(records.size, decisions);
  return { cwd, asked, records };
}

async function replay(cwd: string, bundle: string, ...args: readonly string[]) {
  const run = await policy(cwd, 'replay', '--log', 'decisions', '--bundle', bundle, '--json', ...args);
  return { code: run.code, err: run.err, report: (run.out === '' ? undefined : JSON.parse(run.out)) as Report };
}

/** The requests of which the model was masked, and those that were refused before the policy was asked. */
const isAsked = (record: DecidedRecord | undefined) => record?.input !== undefined;

// Building takes longest, so the log is written once.
test('policy replay', needsToolchain, async (whole) => {
  const { cwd, asked, records } = await stage(whole);

  await whole.test('a changed rule shows exactly the decisions that it changes', async (t) => {
    const changed = await build(
      lay(
        t,
        rules
          .replace('"contractor": {"small", "vectors"}', '"contractor": {"small", "vectors", "large"}')
          .replace('"nowhere" in', '"red" in'),
      ),
    );
    const { code, report } = await replay(cwd, changed, '--max-inexact', String(decisions));

    // Worked out from what was asked, not from what any policy says now. The lot is on record.
    const grants: Readonly<Record<string, readonly string[]>> = {
      engineer: ['small', 'large', 'vectors'],
      contractor: ['small', 'vectors'],
    };
    const expected = new Map<string, string>();
    for (const { id, role, groups, model } of asked) {
      const record = records.get(id);
      if (!isAsked(record) || model === 'vectors') continue;
      const unlucky = Object.values(record?.nd_builtin_cache?.['rand.intn'] ?? {})[0] === 3;
      const before = grants[role]?.includes(model) === true && !unlucky && !groups.includes('nowhere');
      const after =
        (grants[role]?.includes(model) === true || (role === 'contractor' && model === 'large')) && !unlucky && !groups.includes('red');
      if (before !== after) expected.set(id, before ? 'allow-to-deny' : 'deny-to-allow');
      // The reasons of a denial: place.unknown comes and goes with the group.
      else if (!after && groups.includes('nowhere') !== groups.includes('red')) expected.set(id, 'reasons');
    }
    assert.ok(new Set(expected.values()).size === 3 && expected.size > 100);
    assert.deepEqual(new Map(report.changes.map(({ decision_id: id, changes }) => [id, changes.join(' ')])), expected);
    assert.equal(report.changed, expected.size);
    assert.equal(code, 1);
    assert.deepEqual(report.findings, [`${expected.size} decisions would change; --max-changes is 0`]);

    const byTeam = Map.groupBy(
      report.changes.flatMap((one) => (one.teams.length === 0 ? ['(no team)'] : one.teams)),
      (team) => team,
    );
    for (const [team, several] of byTeam)
      assert.equal(
        Object.values(report.by_team[team] ?? {}).reduce((sum, times) => sum + times, 0),
        several.length,
        team,
      );
    assert.deepEqual(new Set(Object.keys(report.by_model)), new Set(['small', 'large']));
    assert.ok(report.by_reason['+place.unknown'] !== undefined && report.by_reason['-place.unknown'] !== undefined);
    const allowed = await replay(cwd, changed, '--max-inexact', String(decisions), '--max-changes', String(expected.size));
    assert.deepEqual([allowed.code, allowed.report.passed], [0, true]);
  });

  await whole.test('the same policy changes nothing: time and lots are those of the decision', async () => {
    const { code, report } = await replay(cwd, 'built.tar.gz', '--max-inexact', String(decisions));
    assert.deepEqual([code, report.changed, report.clock], [0, 0, 0]);
    // It would not be so by chance: some were unlucky, and some fell on even seconds.
    const all = [...records.values()];
    for (const reason of ['lot.unlucky', 'time.even']) {
      const with_ = all.filter((record) => record.policy?.reasons.some(({ code: each }) => each === reason)).length;
      assert.ok(with_ > 50 && with_ < all.length - 50, `${reason}: ${with_}`);
    }
    const early = all.filter((record) => !isAsked(record)).length;
    const masked = asked.filter(({ id, model }) => model === 'vectors' && isAsked(records.get(id))).length;
    assert.deepEqual([report.not_asked, report.inexact, report.compared], [early, masked, decisions - early - masked]);
  });

  await whole.test('a decision whose input was masked is told as such, and is never asked', async (t) => {
    const masked = asked.filter(({ id, model }) => model === 'vectors' && isAsked(records.get(id))).length;
    assert.ok(masked > 0);
    const nobody = await build(lay(t, rules.replace('granted if {', 'granted if {\n\tinput.model.resolved != "vectors"')));
    const { code, report } = await replay(cwd, nobody);
    assert.deepEqual([report.changed, report.inexact, report.why_inexact], [0, masked, { '/input/model/requested': masked }]);
    assert.equal(code, 1, 'what cannot be told is not passed over');
    assert.deepEqual(report.findings, [`${masked} decisions cannot be asked exactly; --max-inexact is 0`]);
  });

  await whole.test('the result is the same however many threads there are, and of a part of the time', async (t) => {
    const changed = await build(lay(t, rules.replace('"small", "large", "vectors"', '"small", "vectors"')));
    const [one, three] = [await replay(cwd, changed, '--threads', '1'), await replay(cwd, changed, '--threads', '3')];
    assert.deepEqual({ ...three.report, seconds: 0 }, { ...one.report, seconds: 0 });
    assert.ok(one.report.changed > 50);

    const [since, until] = ['2026-03-01T00:01:00.000Z', '2026-03-01T00:02:30.000Z'];
    const part = await replay(cwd, changed, '--since', since, '--until', until);
    const within = [...records.values()].filter(({ timestamp }) => timestamp >= since && timestamp < until);
    assert.equal(part.report.decisions, within.length);
    const ids = new Set(within.map(({ decision_id: id }) => id));
    assert.deepEqual(
      part.report.changes,
      one.report.changes.filter(({ decision_id: id }) => ids.has(id)),
    );
    const never = await replay(cwd, changed, '--since', '2030-01-01T00:00:00Z');
    assert.deepEqual([never.code, never.report.findings], [1, ['no decision was compared']]);
  });

  await whole.test('a candidate that fails, routes elsewhere or owes other obligations is told so', async (t) => {
    const clash = `${rules}\nnumber := 1\n\nnumber := 2 if input.model.resolved == "large"\n\nobligations contains {"type": "timeout", "seconds": 9} if number == 1\n`;
    const { report } = await replay(cwd, await build(lay(t, clash)));
    const { 'allow-to-failure': failing = 0, obligations = 0, ...rest } = report.by_change;
    const allowed = asked.filter(({ id, model }) => model !== 'vectors' && records.get(id)?.decision === 'allow');
    assert.equal(failing, allowed.filter(({ model }) => model === 'large').length);
    assert.equal(obligations, allowed.filter(({ model }) => model === 'small').length);
    assert.deepEqual(rest, {}, 'a denial does not come to the obligations');
    assert.deepEqual(report.by_reason['+policy.error'], { 'allow-to-failure': failing });
  });

  await whole.test('a report is written for people and for machines', async (t) => {
    const changed = await build(lay(t, rules.replace('"nowhere" in', '"red" in')));
    const args = ['replay', '--log', 'decisions', '--bundle', changed];
    const { out, code } = await policy(cwd, ...args, '--report', 'report.md');
    assert.equal(code, 1);
    for (const part of [
      /WOULD CHANGE/,
      /^What would change\n +\d+ {2}/m,
      /By team\n +\d+ {2}red/,
      /NOT PASSED: \d+ decisions would change/,
    ])
      assert.match(out, part);
    assert.match(
      readFileSync(join(cwd, 'report.md'), 'utf8'),
      /## By model\n\n\| changes \| {2}\| {2}\|\n\| --- \| --- \| --- \|\n\| \d+ \| small \|/,
    );
    await policy(cwd, ...args, '--report', 'report.json');
    const report = JSON.parse(readFileSync(join(cwd, 'report.json'), 'utf8')) as Report;
    assert.equal(report.changes.length, report.changed);
  });

  await whole.test('what cannot be used is said in a sentence', async (t) => {
    const lost = await policy(cwd, 'replay', '--log', 'missing', '--bundle', 'built.tar.gz');
    assert.deepEqual([lost.code, lost.out], [2, '']);
    assert.match(lost.err, /there is no decision log at/);
    const wrong = await build(lay(t, 'package gateway.decision\n\n# METADATA\n# entrypoint: true\nanswer := 1\n'));
    const refused = await replay(cwd, wrong);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /the bundle cannot be used/);
  });
});
