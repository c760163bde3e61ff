import type { RegoValue } from '../rego-value.ts';
import type { Builtin, RandomBytes } from './builtin.ts';
import { int64At, stringAt } from './operands.ts';

/** A number from 0 up to and without the given one: the same for the same key and number within one evaluation. */
const intn: Builtin = (args, evaluation) => {
  const key = stringAt(args, 0);
  const given = int64At(args, 1);
  const n = given < 0n ? -given : given;
  if (n === 0n) return 0;
  return evaluation.recall('rand.intn', JSON.stringify([key, String(n)]), args, (random) => draw(random, n));
};

/** Draws again where the last, incomplete run of `n` numbers was hit, so that none is likelier than another. */
function draw(random: RandomBytes, n: bigint): bigint {
  const all = 2n ** 64n;
  for (;;) {
    const drawn = Buffer.from(random(8)).readBigUInt64BE();
    if (drawn < all - (all % n)) return drawn % n;
  }
}

/** A random UUID (version 4): the same for the same key within one evaluation. */
const rfc4122: Builtin = (args, evaluation) => {
  const key = stringAt(args, 0);
  return evaluation.recall('uuid.rfc4122', key, args, (random): RegoValue => {
    const bytes = Buffer.from(random(16));
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  });
};

export const random: readonly (readonly [string, Builtin])[] = [
  ['rand.intn', intn],
  ['uuid.rfc4122', rfc4122],
];
