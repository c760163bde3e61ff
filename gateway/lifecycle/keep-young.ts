import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 make every object in its young generation. To be called before anything else runs: it is a setting of the whole process.
 *
 * Otherwise V8 learns that what belongs to a request outlives a collection, since a request waits for the disk and the backend, and makes such
 * objects in the old generation from then on. They die there a few milliseconds later, but keep alive whatever they refer to until the whole heap
 * is collected: with 64 requests at a time 26 KB of each are copied twice for nothing, and a request costs 11 % more CPU.
 */
export function keepYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
