import type { IncomingMessage } from 'node:http';

/** What an error's body may measure before its connection is given up rather than kept. */
const mostBytes = 64 * 1024;

/** Lets an answer that nobody will see run out, so that its connection can be used again. @param done called once, also where it breaks off */
export function drain(answer: IncomingMessage, done: () => void): void {
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > mostBytes) answer.destroy();
  });
  answer.once('close', done);
}
