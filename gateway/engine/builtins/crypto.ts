import { createHash, createHmac } from 'node:crypto';
import type { Builtin } from './builtin.ts';
import { stringAt } from './operands.ts';

/** Hex digest of a string's UTF-8 bytes. */
const hash =
  (algorithm: string): Builtin =>
  (args) =>
    createHash(algorithm).update(stringAt(args, 0)).digest('hex');

/** Hex MAC of the first operand under the key that is the second. */
const hmac =
  (algorithm: string): Builtin =>
  (args) =>
    createHmac(algorithm, stringAt(args, 1)).update(stringAt(args, 0)).digest('hex');

/** Compares digests of both sides, so that the time taken tells nothing of where they differ. */
const hmacEqual: Builtin = (args) => {
  const [one, other] = [stringAt(args, 0), stringAt(args, 1)];
  return createHash('sha256').update(one).digest('hex') === createHash('sha256').update(other).digest('hex');
};

export const crypto: readonly (readonly [string, Builtin])[] = [
  ['crypto.md5', hash('md5')],
  ['crypto.sha1', hash('sha1')],
  ['crypto.sha256', hash('sha256')],
  ['crypto.hmac.md5', hmac('md5')],
  ['crypto.hmac.sha1', hmac('sha1')],
  ['crypto.hmac.sha256', hmac('sha256')],
  ['crypto.hmac.sha512', hmac('sha512')],
  ['crypto.hmac.equal', hmacEqual],
];
