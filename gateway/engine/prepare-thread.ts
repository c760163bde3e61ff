import { parentPort, workerData } from 'node:worker_threads';
import { Breakage, BundleBreakage } from '../errors.ts';
import type { BundleFailureKind } from '../vocabulary/bundles.ts';
import { type Candidate, type Prepared, prepare } from './prepare.ts';

/** What the thread says, once. */
export type ThreadAnswer =
  | { readonly prepared: Prepared }
  | { readonly refused: { readonly message: string; readonly kind: BundleFailureKind; readonly bundle?: string | undefined } };

// The body of the thread that prepares one bundle. Why a bundle is refused crosses as text: an error would lose its class on the way.
let answer: ThreadAnswer;
try {
  answer = { prepared: await prepare(workerData as Candidate) };
} catch (cause) {
  if (!(cause instanceof Breakage)) throw cause;
  const { kind, bundle } = cause instanceof BundleBreakage ? cause : { kind: 'admission' as const, bundle: undefined };
  answer = { refused: { message: cause.message, kind, bundle } };
}
parentPort?.postMessage(answer, 'prepared' in answer ? [answer.prepared.data.buffer] : []);
