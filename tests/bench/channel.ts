import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * A child process that answers questions over IPC, one at a time: `{ask, with}` → `{answer}` or `{failed}`.
 */
export interface Child {
  readonly name: string;
  /** @throws Error with the child's own message, or where it is gone */
  ask<T>(question: string, content?: unknown): Promise<T>;
  /** Asks it to stop and waits until it has. */
  stop(): Promise<void>;
  /** Ends it at once, whatever it does. */
  kill(): void;
}

type Reply = { readonly answer?: unknown; readonly failed?: string };

/** @param stderr a file descriptor that takes what the child says; its standard output is left out */
export function startChild(name: string, file: string, stderr: number | 'inherit'): Child {
  const child: ChildProcess = fork(new URL(file, import.meta.url), { execArgv: [], stdio: ['ignore', 'ignore', stderr, 'ipc'] });
  const gone = once(child, 'exit');
  let turn: Promise<unknown> = Promise.resolve();

  async function put(question: string, content: unknown): Promise<unknown> {
    if (!child.connected) throw new Error(`the process "${name}" is gone (${child.exitCode ?? child.signalCode})`);
    const message = Promise.race([
      once(child, 'message').then(([reply]: unknown[]) => reply as Reply),
      gone.then(([code, signal]): Reply => ({ failed: `the process ended (${String(code ?? signal)})` })),
    ]);
    child.send({ ask: question, with: content });
    const reply = await message;
    if (reply.failed !== undefined) throw new Error(`${name}: ${reply.failed}`);
    return reply.answer;
  }

  function ask<T>(question: string, content?: unknown): Promise<T> {
    const answer = turn.catch(() => undefined).then(() => put(question, content));
    turn = answer;
    return answer as Promise<T>;
  }

  return {
    name,
    ask,
    async stop() {
      await ask('stop');
      child.disconnect();
      await gone;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

export type Answers = Readonly<Record<string, (content: never) => unknown>>;

/** The child's side. It ends when the parent is gone. */
export function answerParent(answers: Answers): void {
  const send = (reply: Reply) => process.send?.(reply);
  process.on('message', ({ ask, with: content }: { readonly ask: string; readonly with: unknown }) => {
    const answer = answers[ask];
    new Promise((resolve) => resolve(undefined))
      .then(() => {
        if (answer === undefined) throw new Error(`nobody answers "${ask}"`);
        return answer(content as never);
      })
      .then(
        (given: unknown) => send({ answer: given }),
        (error: unknown) => send({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
  process.on('disconnect', () => process.exit());
}
