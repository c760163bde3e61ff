import { changedStub } from '../engine/harness.ts';

const entrypoints = ['gateway/decision/answer', 'gateway/listing/models', 'gateway/maybe/value'];

/**
 * The stub policies over data of so many principals: 100,000 are some 5 MB of JSON.
 * @param large whether engineers get the model `large`
 */
export function makeLargeBundle(principals: number, revision: string, large: boolean): Promise<Buffer> {
  const people = Object.fromEntries(
    Array.from({ length: principals }, (_, index) => [
      `person-${String(index).padStart(6, '0')}`,
      { roles: ['engineer'], team: `t${index % 50}` },
    ]),
  );
  return changedStub({
    '/.manifest': JSON.stringify({ revision, wasm: entrypoints.map((entrypoint) => ({ entrypoint, module: '/policy.wasm' })) }),
    '/data.json': JSON.stringify({ roles: { engineer: large ? ['small', 'large'] : ['small'] }, people }),
  });
}
