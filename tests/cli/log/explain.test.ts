import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { describeReplay } from '../../../gateway/cli/log/describe-replay.ts';
import { isSameAnswer, type NoReplay, type Replay, replay } from '../../../gateway/cli/log/replay.ts';
import { hostBuiltinNames } from '../../../gateway/engine/builtins/registry.ts';
import { refuse } from '../../../gateway/errors.ts';
import { openDecisionLog } from '../../../gateway/ledger/decision-log.ts';
import { makeRecord } from '../../../gateway/pipeline/record/record.ts';
import type { DecidedRecord } from '../../../gateway/vocabulary/record.ts';
import type { Story } from '../../../gateway/vocabulary/story.ts';
import { makeFrozenClock, makeLogKeeper } from '../../ledger/log-harness.ts';
import { makeAllowed, makePolicy, makeRefused, makeUnknown } from '../../pipeline/record/record-harness.ts';
import { needsToolchain, policiesWith, policy, toolchain } from '../../toolchain/toolchain-harness.ts';

const rules = `package gateway.decision

import future.keywords.not

# METADATA
# entrypoint: true
answer := {"allow": true, "reasons": [{"code": "role.granted"}]} if {
	grant
	count(deny) == 0
} else := {"allow": false, "reasons": [{"code": code} | some code in deny]}

grant if "engineer" in input.identity.originator.roles

deny contains "domain.foreign" if input.identity.originator.claims.email == "mallory@example.com"

deny contains "hours.closed" if not input.context.time.hour < 20
`;

/** Policies that answer the stories of the record's tests as those say. */
function policies(t: TestContext, changed: (text: string) => string = (text) => text): string {
  return policiesWith(t, {
    '.manifest': null,
    'schemas/input.json': null,
    'gateway/decision/answer.rego': changed(rules),
    'gateway/decision/answer_test.rego': null,
  });
}

async function revisionOf(cwd: string): Promise<string> {
  const run = await policy(cwd, 'build', '--format', 'json');
  assert.equal(run.code, 0, run.err);
  return (JSON.parse(run.out) as { revision: string }).revision;
}

interface Written {
  readonly story: Story;
  readonly erases?: readonly string[];
}

/** Writes a log of decisions by the policies in `cwd`. */
async function writeLog(cwd: string, revision: string, ...written: readonly Written[]): Promise<string> {
  const directory = join(cwd, 'decisions');
  const clock = makeFrozenClock();
  const logger = makeLogKeeper();
  const log = await openDecisionLog({ directory, maxSegmentBytes: 1e6, clock, logger });
  const record = makeRecord({ log, clock, labels: {}, catalogueDigest: 'c', anonymousPerSecond: 9, logger });
  for (const { story, erases = [] } of written) {
    const { decision } = story;
    const stamped = decision && { ...decision, policy: { ...decision.policy, revision } };
    await record.decided(
      { ...story, ...(stamped && { decision: stamped }) },
      makePolicy(() => erases),
    );
  }
  await record.close();
  await log.close();
  return directory;
}

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function explain(cwd: string, ...args: readonly string[]): Promise<Run> {
  const script = join(import.meta.dirname, 'run-log-command.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, 'explain', ...args, '--directory', 'decisions'], { cwd }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

test('explain says which rules held, with places, and why the others did not', needsToolchain, async (t) => {
  const cwd = policies(t);
  await writeLog(cwd, await revisionOf(cwd), { story: makeAllowed() });
  const { code, out, err } = await explain(cwd, 'decision-1');
  assert.deepEqual([code, err], [0, ''], out);
  assert.match(out, /ALLOW {2}decision-1\nThe policy is revision [0-9a-f]{12}, as on record\.\nNo catalogue was given/);
  assert.match(out, /The replay gives the answer on record\./);
  assert.match(out, /Rules that hold:\n(.*\n)* {2}data\.gateway\.decision\.grant {2}\(policies\/gateway\/decision\/answer\.rego:12\)/);
  assert.match(
    out,
    /data\.gateway\.decision\.deny {2}\(\S+:14\)\n {6}line 14: input\.identity\.originator\.claims\.email == "mallory@example\.com"/,
  );
  assert.match(out, / {8}input\.identity\.originator\.claims\.email is "ada@example\.com"/);
});

test('what the mask took out is named, and nothing is concluded from its absence', needsToolchain, async (t) => {
  const cwd = policies(t);
  await writeLog(cwd, await revisionOf(cwd), { story: makeAllowed(), erases: ['/input/identity/originator/claims/email'] });
  const { out } = await explain(cwd, 'decision-1');
  assert.match(out, /Erased before the record was written, and unknown here:\n {2}\/input\/identity\/originator\/claims\/email\n/);
  assert.match(out, /claims\.email is not on record: it was erased, or was never there/);
  assert.doesNotMatch(out, /ada@example\.com/);
});

test('other sources than the ones on record are told apart, and so is another answer', needsToolchain, async (t) => {
  const cwd = policies(t, (text) => text.replace('"engineer"', '"director"'));
  await writeLog(cwd, 'revision-of-then', { story: makeAllowed() });
  const { code, out } = await explain(cwd, 'decision-1');
  assert.equal(code, 1);
  assert.match(
    out,
    /THE POLICY IS NOT THE ONE ON RECORD: the sources are revision [0-9a-f]{12}, the decision was made by revision-of-then\./,
  );
  assert.match(out, /THE REPLAY GIVES ANOTHER ANSWER THAN THE RECORD.*\{"allow":false,"reasons":\[\]\}/);
  const json = JSON.parse((await explain(cwd, 'decision-1', '--json')).out) as Record<string, unknown>;
  assert.deepEqual([json['same_revision'], json['same_answer'], json['recorded_revision']], [false, false, 'revision-of-then']);
  const { not_fired } = json['explanation'] as { not_fired: { rule: string; stopped: { location: { row: number }; because: string[] } }[] };
  const grant = not_fired.find(({ rule }) => rule === 'data.gateway.decision.grant');
  assert.deepEqual([grant?.stopped.location.row, grant?.stopped.because], [12, ['input.identity.originator.roles is ["engineer"]']]);
});

test('what cannot be replayed is said to be so', needsToolchain, async (t) => {
  const cwd = policies(t);
  await writeLog(
    cwd,
    'r',
    { story: { ...makeUnknown(refuse('credential.missing')), decisionId: 'unknown' } },
    { story: { ...makeAllowed(), decisionId: 'erased' }, erases: ['/input'] },
    { story: { ...makeRefused(refuse('policy.denied')), decisionId: 'second' } },
  );
  const runs = await Promise.all(['unknown', 'erased', 'nobody', 'request-1'].map((id) => explain(cwd, id)));
  assert(runs.every(({ code, out }) => code === 1 && out === ''));
  assert.deepEqual(
    runs.map(({ err }) => err.split('\n')[0]),
    [
      'The policy was not asked: credential.missing.',
      "The decision's input was erased before the record was written, so it cannot be replayed.",
      'No decision on record has this id.',
      'The request request-1 has several decisions; name one:',
    ],
  );
});

const recorded: DecidedRecord = {
  schema: 'regate.decision/1',
  kind: 'decided',
  decision_id: 'd',
  request_id: 'r',
  attempt: 1,
  timestamp: '2026-01-02T03:04:05.000Z',
  labels: {},
  decision: 'allow',
  path: 'gateway/decision/answer',
  input: {},
  requested_by: '192.0.2.7',
  request: { protocol: 'openai', method: 'POST', path: '/v1/chat/completions' },
};

async function ask(cwd: string, record: DecidedRecord & { nd_builtin_cache?: unknown }): Promise<Replay | NoReplay> {
  return replay(record, { toolchain, hostBuiltins: hostBuiltinNames, cwd, policies: ['policies'] });
}

const clocked = 'package gateway.decision\n\n# METADATA\n# entrypoint: true\nanswer := {"allow": time.now_ns() == 1772366400000000000}\n';

test('the time that the decision took is taken from the record; one that is not there is named', needsToolchain, async (t) => {
  const cwd = policies(t, () => clocked);
  const then = await ask(cwd, { ...recorded, nd_builtin_cache: { 'time.now_ns': { '[]': 1772366400000000000n.toString() } } });
  assert('failed' in then === false && then.fresh.length === 0);
  const exact = await ask(cwd, { ...recorded, nd_builtin_cache: { 'time.now_ns': { '[]': 1772366400000000000 } } });
  assert('failed' in exact === false);
  assert.deepEqual([exact.answer, exact.fresh], [{ allow: true }, []]);
  const now = await ask(cwd, recorded);
  assert('failed' in now === false);
  assert.deepEqual([now.answer, now.fresh], [{ allow: false }, ['time.now_ns']]);
});

test('policies that do not compile are reported, not replayed', needsToolchain, async (t) => {
  const found = await ask(
    policies(t, () => 'package gateway.decision\n\nanswer := nope\n'),
    recorded,
  );
  assert('failed' in found && /var nope is unsafe/.test(found.failed), JSON.stringify(found));
});

test('the same answer: allow or not, and the codes of the reasons in any order', () => {
  const reasons = [{ code: 'a' }, { code: 'b' }];
  const stamp = { bundle: 'b', revision: 'r', digest: 'd', eval_us: 1, obligations: [] };
  const denied: DecidedRecord = { ...recorded, decision: 'deny', result: { allow: false }, policy: { ...stamp, reasons } };
  assert(isSameAnswer(denied, { allow: false, reasons: [{ code: 'b' }, { code: 'a' }] }));
  assert(!isSameAnswer(denied, { allow: false, reasons: [{ code: 'a' }] }));
  assert(!isSameAnswer(denied, { allow: true, reasons }));
  assert(!isSameAnswer(denied, undefined));
  // Allowed by the policy, and refused later by the gateway: the policy's word counts.
  assert(isSameAnswer({ ...denied, result: { allow: true } }, { allow: true, reasons }));
});

test("an explanation's text does not act on the terminal", () => {
  const again: Replay = { answer: {}, revision: 'r', fresh: [], explanation: {}, text: 'a\u001b[2Jb\u009b1m\n' };
  const shown = describeReplay(recorded, again, {
    same_revision: true,
    same_catalogue: false,
    same_answer: true,
    erased: [],
    masked: ['/input/x'],
    fresh: ['time.now_ns'],
  });
  assert(!shown.includes('\u001b') && !shown.includes('\u009b') && shown.includes('a\\u001b[2Jb\\u009b1m\n'));
  assert.match(shown, /THE CATALOGUE IS NOT THE ONE ON RECORD/);
  assert.match(shown, /Changed before the record was written:\n {2}\/input\/x\nNot on record, so taken anew:\n {2}time\.now_ns\n/);
});
