import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { admit } from '../../../gateway/engine/admit.ts';
import { isRefusal } from '../../../gateway/errors.ts';
import { openDecisionLog } from '../../../gateway/ledger/decision-log.ts';
import { makeDecide } from '../../../gateway/pipeline/decide/decide.ts';
import { readAnswer } from '../../../gateway/pipeline/decide/read-answer.ts';
import { makeRecord } from '../../../gateway/pipeline/record/record.ts';
import type { Principal } from '../../../gateway/vocabulary/identity.ts';
import type { Story } from '../../../gateway/vocabulary/story.ts';
import { sampleCatalogue } from '../../engine/sample-catalogue.ts';
import { makeFrozenClock, makeLogKeeper } from '../../ledger/log-harness.ts';
import { ask } from '../../pipeline/decide/questions.ts';
import { policiesWith, policy } from '../../toolchain/toolchain-harness.ts';

/** Grants by role, denies by group and by lot; obligations and the clock have their part. The mask takes the model where it is `vectors`. */
export const rules = `package gateway.decision

# METADATA
# entrypoint: true
default answer := {"allow": false, "reasons": [{"code": "nobody"}]}

answer := {"allow": true, "reasons": notes, "obligations": obligations} if {
	granted
	count(denials) == 0
} else := {"allow": false, "reasons": [{"code": code} | some code in denials]} if {
	count(denials) > 0
}

granted if {
	some role in input.identity.originator.roles
	input.model.resolved in grants[role]
}

grants := {"engineer": {"small", "large", "vectors"}, "contractor": {"small", "vectors"}}

denials contains "lot.unlucky" if rand.intn("lot", 7) == 3

denials contains "place.unknown" if "nowhere" in input.identity.originator.groups

notes contains {"code": "time.even"} if floor(time.now_ns() / 1000000000) % 2 == 0

obligations contains {"type": "cap-tokens", "max": cap} if some cap in {"contractor": [500]}[input.identity.originator.roles[0]]
`;

const mask = `package system.log

# METADATA
# entrypoint: true
mask contains "/input/model/requested" if input.input.model.resolved == "vectors"

mask contains "/result/reasons/0/message"
`;

/** Policies with these rules. */
export function lay(t: TestContext, text: string = rules): string {
  return policiesWith(t, {
    '.manifest': null,
    'schemas/input.json': null,
    'gateway/decision/answer.rego': text,
    'gateway/decision/answer_test.rego': null,
    'system/log/mask.rego': mask,
  });
}

export async function build(cwd: string): Promise<string> {
  const run = await policy(cwd, 'build', '-o', 'built.tar.gz');
  if (run.code !== 0) throw new Error(run.err);
  return join(cwd, 'built.tar.gz');
}

/** What one request was. */
export interface Asked {
  readonly id: string;
  readonly role: string;
  readonly groups: readonly string[];
  readonly model: string;
}

/** Small, and always the same numbers. */
export function makeDice(seed = 7): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * sides);
  };
}

/** Writes a log of so many decisions by a bundle, over several segments, with pauses of a quarter of a second in between. */
export async function writeLog(bundle: string, directory: string, count: number): Promise<readonly Asked[]> {
  const clock = makeFrozenClock(Date.UTC(2026, 2, 1));
  const logger = makeLogKeeper();
  const limits = { maxMemoryBytes: 64 << 20, maxEvaluationMs: 1000 };
  const { policy: pinned } = await admit(bundle, readFileSync(bundle), {
    ...limits,
    ...{ catalogue: sampleCatalogue, clock, logger, checkAnswer: readAnswer },
  });
  const decide = makeDecide({ catalogue: sampleCatalogue, clock });
  const log = await openDecisionLog({ directory, maxSegmentBytes: 200_000, clock, logger });
  const record = makeRecord({ log, clock, labels: {}, catalogueDigest: sampleCatalogue.digest, anonymousPerSecond: 9, logger });
  const dice = makeDice();
  const pick = <T>(...from: readonly [T, ...T[]]): T => from[dice(from.length)] ?? from[0];
  const asked: Asked[] = [];
  let writing: Promise<unknown>[] = [];
  for (let number = 0; number < count; number += 1) {
    const id = `decision-${String(number).padStart(6, '0')}`;
    const one = {
      id,
      role: pick('engineer', 'contractor', 'guest'),
      groups: pick<readonly string[]>([], ['red'], ['blue', 'nowhere']),
      model: pick('small', 'large', 'small', 'vectors'),
    };
    asked.push(one);
    writing.push(record.decided(tell(decide, pinned, one, dice(20) === 0), pinned));
    clock.push(250);
    if (writing.length < 500) continue;
    await Promise.all(writing);
    writing = [];
  }
  await Promise.all(writing);
  await record.close();
  await log.close();
  return asked;
}

/** @param anonymous nobody that is known asks, so the policy is not asked at all */
function tell(
  decide: ReturnType<typeof makeDecide>,
  policy: Parameters<typeof ask>[0],
  { id, role, groups, model }: Asked,
  early: boolean,
): Story {
  const plain = ask(policy, { model });
  const originator: Principal = { ...plain.chain.originator, roles: [role], groups };
  const chain = { ...plain.chain, chain: [originator], principals: [originator] as const, originator, caller: originator };
  const base = {
    ...{ arrival: { ...plain.accepted }, decisionId: id, attempt: plain.attempt, operation: plain.accepted.operation, chain },
    request: { stream: false, sizeBytes: 120, ignoredHeaders: [], model },
  };
  if (early) return { ...base, refusal: { kind: 'refusal', code: 'body.too-large', reasons: [] } };
  const decision = decide({ ...plain, decisionId: id, chain });
  if (isRefusal(decision)) return { ...base, refusal: decision };
  return decision.answer.allow
    ? { ...base, decision }
    : { ...base, decision, refusal: { kind: 'refusal', code: 'policy.denied', reasons: decision.answer.reasons } };
}
