import { parentPort, workerData } from 'node:worker_threads';
import { Breakage } from '../errors.ts';
import { type Candidate, type Prepared, prepare } from './prepare.ts';

/** What the thread says, once. */
export type ThreadAnswer = { readonly prepared: Prepared } | { readonly refused: { readonly message: string } };

// The body of the thread that prepares one bundle. Why a bundle is refused crosses as text: an error would lose its class on the way.
let answer: ThreadAnswer;
try {
  answer = { prepared: await prepare(workerData as Candidate) };
} catch (cause) {
  if (!(cause instanceof Breakage)) throw cause;
  answer = { refused: { message: cause.message } };
}
parentPort?.postMessage(answer, 'prepared' in answer ? [answer.prepared.data.buffer] : []);
