import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeFailures } from '../../gateway/engine/failures.ts';
import { Breakage } from '../../gateway/errors.ts';
import { keepingLogger } from './harness.ts';

describe('failed evaluations', () => {
  const make = () => {
    let now = 0;
    const logger = keepingLogger();
    const failures = makeFailures({ clock: { now: () => 0, monotonic: () => now }, logger });
    return {
      ...failures,
      lines: logger.lines,
      pass: (ms: number) => {
        now += ms;
      },
    };
  };

  it('are counted by kind', () => {
    const { tell, counts } = make();
    for (const code of ['policy.error', 'policy.deadline', 'policy.deadline', 'policy.memory', 'policy.error', 'policy.error'] as const) {
      tell(new Breakage(code, 'x'));
    }
    assert.deepEqual(counts, { error: 3, deadline: 2, memory: 1 });
  });

  it('are logged ten times in ten seconds; the next line says how many were not', () => {
    const { tell, lines, pass } = make();
    for (let count = 0; count < 500; count += 1) tell(new Breakage('policy.deadline', 'too long'));
    assert.equal(lines.length, 10);
    assert.deepEqual(lines[0], {
      level: 'warn',
      message: 'The policy failed on a request',
      fields: { code: 'policy.deadline', message: 'too long' },
    });
    pass(10_000);
    tell(new Breakage('policy.memory', 'too much'));
    tell(new Breakage('policy.memory', 'too much'));
    assert.deepEqual(
      lines.slice(10).map(({ fields }) => fields),
      [
        { code: 'policy.memory', message: 'too much', not_logged: 490 },
        { code: 'policy.memory', message: 'too much' },
      ],
    );
  });
});
