import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Asked, OpaSide, OpaSources } from './opa-sides.ts';

/** A line of toolchain/benchmark. */
interface Line {
  readonly value: unknown;
  readonly nanoseconds: readonly number[];
  readonly differing: number;
}

/**
 * OPA's Go library in a program of its own, which times itself: the input's text parsed, the prepared query evaluated, its result as Go values. It
 * leaves out by its own rules what `ignored` names, since the library takes no patterns.
 */
export function startOpaLibrary(program: string, { paths }: OpaSources): OpaSide {
  // It ends when its input does, so it outlives nobody.
  const child = spawn(program, ['-query', 'data.gateway.decision.answer', ...paths], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  // Awaited in `stop`; a failure to start is told by `ask` first.
  closed.catch(() => undefined);
  // Where it has ended there is nobody to read the question, and `ask` tells that.
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(input, count): Promise<Asked> {
      child.stdin.write(`${JSON.stringify({ count, input })}\n`);
      const { value: text, done } = await lines.next();
      if (done === true) throw new Error('the program with OPA’s Go library ended; what it said stands above');
      const { value, nanoseconds, differing } = JSON.parse(text) as Line;
      return { times: nanoseconds.map((spent) => spent / 1000), value, differing };
    },
    async stop() {
      child.stdin.end();
      await closed;
    },
  };
}
