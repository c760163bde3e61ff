import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Verification } from '../../gateway/ledger/verify-log.ts';
import type { DecidedRecord } from '../../gateway/vocabulary/record.ts';
import { callers, mintToken } from '../story/callers.ts';
import { isDecided } from '../story/read-log.ts';
import { type Scene, type SeenUpstream, setScene } from '../story/scene.ts';
import { type Child, regate, startChild } from './child.ts';

/*
 * The gateway is killed under load, a hundred times, each time at another moment. Whatever an upstream saw must be on the record as allowed, the log must
 * hold, torn ends must be reported, and in the end all of it must stand under checkpoints.
 *
 * Each request has a number of its own, as its token limit and its temperature, which are in the body that the upstream sees and in the input that the
 * record holds.
 */

/** KILLS=10 for a quick look. */
const rounds = Number(process.env['KILLS'] ?? 100);
const workers = 12;
/** Token limits stay below the cap of the policy, which would change them. */
const limits = 15_000;
const mostRequests = 10 * limits;
/** Looking through the log at each arrival would be the load itself. */
const lookAtEvery = 20;

interface Answered {
  readonly number: number;
  readonly decisionId: string;
}

test('after every kill -9 all that an upstream saw is on the record, and was before it came there', async () => {
  const unrecorded: number[] = [];
  let looked = 0;
  const scene = await setScene({
    paceMs: 1,
    onSeen: (entry) => {
      const number = numberOf(entry);
      if (number % lookAtEvery !== 0) return;
      looked += 1;
      if (!isOnDisk(scene, number)) unrecorded.push(number);
    },
  });
  let running: Child | undefined;
  try {
    const token = mintToken(callers['engineer'] ?? {}, { now: Date.now(), id: 'load' });
    const answered: Answered[] = [];
    const killedAt: number[] = [];
    const told: string[] = [];
    let last = 0;
    for (let round = 0; round < rounds; round++) {
      const child = await startChild(scene);
      running = child;
      const agent = new Agent({ keepAlive: true, ca: scene.ca, maxSockets: workers });
      const before = answered.length;
      const load = Array.from({ length: workers }, async () => {
        while (child.isRunning() && last < mostRequests) {
          last += 1;
          const outcome = await ask({ port: child.port, agent, token, number: last });
          if (outcome !== undefined) answered.push(outcome);
        }
      });
      while (answered.length < before + workers) await pause(5);
      const after = 5 + Math.floor(Math.random() * 200);
      killedAt.push(after);
      await pause(after);
      child.signal('SIGKILL');
      assert.deepEqual(await child.ended, { code: null, signal: 'SIGKILL' });
      await Promise.all(load);
      agent.destroy();
      told.push(...child.lines);
    }
    const where = `killed after ${killedAt.join(', ')} ms`;

    // The next start takes the log on; it also shows that what a kill left behind does not keep the gateway from starting.
    const child = await startChild(scene);
    child.signal('SIGTERM');
    assert.deepEqual(await child.ended, { code: 0, signal: null });
    told.push(...child.lines);

    const allowed = new Map<number, DecidedRecord>();
    for (const entry of scene.readLog().entries.filter(isDecided)) {
      const { parameters } = (entry.input ?? {}) as { parameters?: { max_tokens?: number; temperature?: number } };
      const number = toNumber(parameters?.max_tokens, parameters?.temperature);
      assert.ok(!allowed.has(number), `request ${number} has two lines; ${where}`);
      if (entry.decision === 'allow') allowed.set(number, entry);
    }
    const seen = scene.seen.map(numberOf);
    assert.ok(seen.length > rounds * workers, `there was no load: ${seen.length} requests; ${where}`);
    assert.deepEqual(
      seen.filter((number) => !allowed.has(number)),
      [],
      `upstream saw requests without a line; ${where}`,
    );
    assert.ok(looked > 0);
    assert.deepEqual(unrecorded, [], `upstream saw requests before their line was written; ${where}`);
    for (const { number, decisionId } of answered) {
      assert.equal(allowed.get(number)?.decision_id, decisionId, `the answer to request ${number} names another decision; ${where}`);
    }
    assert.ok(seen.length > answered.length, `no kill hit a request under way; ${where}`);

    const verified = await regate('log', 'verify', '--directory', join(scene.directory, 'decisions'), '--json');
    assert.equal(verified.code, 0, `${verified.out}; ${where}`);
    const { segments, lines, problems, checkpoints } = JSON.parse(verified.out) as Verification;
    assert.deepEqual([segments >= rounds + 1, problems], [true, []]);
    assert.equal(checkpoints.lines, lines, 'what killed processes left stands under checkpoints of the next ones');
    const torn = findTorn(scene);
    const reported = told
      .filter((line) => line.includes('ends in a torn line'))
      .map((line) => (JSON.parse(line) as { segment: string }).segment);
    for (const segment of torn) assert.ok(reported.includes(segment), `${segment} ends in a torn line, and nobody said so`);
    process.stdout.write(
      `# ${rounds} kills, ${seen.length} requests upstream, ${answered.length} answered, ${lines} lines, ${torn.length} torn ends\n`,
    );
  } finally {
    running?.signal('SIGKILL');
    await scene.close();
  }
});

interface Call {
  readonly port: number;
  readonly agent: Agent;
  readonly token: string;
  readonly number: number;
}

/** Every third request is a stream. A request that the kill cut off gives `undefined`. */
function ask({ port, agent, token, number }: Call): Promise<Answered | undefined> {
  const body = JSON.stringify({
    model: 'gpt-5-mini',
    max_completion_tokens: (number % limits) + 1,
    temperature: Math.floor(number / limits) / 10,
    stream: number % 3 === 0,
    messages: [{ role: 'user', content: 'x' }],
  });
  return new Promise((resolve) => {
    const req = request({
      host: '127.0.0.1',
      servername: 'localhost',
      port,
      agent,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    req.on('error', () => resolve(undefined));
    req.on('response', (res) => {
      res.on('error', () => undefined);
      res.on('close', () => {
        const decisionId = res.headers['x-regate-decision-id'];
        resolve(res.complete && res.statusCode === 200 && typeof decisionId === 'string' ? { number, decisionId } : undefined);
      });
      res.resume();
    });
    req.end(body);
  });
}

function numberOf({ seen }: SeenUpstream): number {
  const { max_completion_tokens, temperature } = JSON.parse(seen.body.toString()) as { max_completion_tokens: number; temperature: number };
  return toNumber(max_completion_tokens, temperature);
}

/** The number that a token limit and a temperature stand for; -1 where they stand for none. */
function toNumber(limit = 0, temperature = 0): number {
  return Math.round(temperature * 10) * limits + limit - 1;
}

/** Segments whose last bytes make no line. */
function findTorn({ directory }: Scene): readonly string[] {
  const folder = join(directory, 'decisions');
  return readdirSync(folder).filter(
    (name) => name.startsWith('decisions-') && !/(?:^|\n)$/.test(readFileSync(join(folder, name), 'utf8').slice(-1)),
  );
}

/** Whether a line about the request stands in the log now, newline and all. */
function isOnDisk({ directory }: Scene, number: number): boolean {
  const folder = join(directory, 'decisions');
  // The newest are those of the run that is under way.
  const newest = readdirSync(folder)
    .filter((name) => name.startsWith('decisions-'))
    .sort()
    .slice(-2);
  return newest.some((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .slice(0, -1)
      .some((line) => line.includes(`"max_tokens":${(number % limits) + 1},`) && line.includes('"decision":"allow"')),
  );
}
