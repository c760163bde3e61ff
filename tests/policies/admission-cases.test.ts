import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import { unpackTar } from '../../gateway/bundle/unpack-tar.ts';
import { findDefaultBundle } from '../../gateway/demo/demo.ts';
import { admit } from '../../gateway/engine/admit.ts';
import { readBundle } from '../../gateway/engine/read-bundle.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { readAnswer } from '../../gateway/pipeline/decide/read-answer.ts';
import { keepingLogger, packBundle } from '../engine/harness.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';

const path = findDefaultBundle();
const bytes = readFileSync(path);
const { data } = await readBundle(path, bytes);
const { cases } = (data['regate'] as { admission: { cases: Record<string, { input: unknown; allow?: boolean }> } }).admission;
const needs = {
  catalogue: sampleCatalogue,
  maxMemoryBytes: 128 << 20,
  maxEvaluationMs: 1000,
  clock: systemClock,
  logger: keepingLogger(),
  checkAnswer: readAnswer,
};

/** The default bundle with other roles. */
async function withRoles(change: (roles: Record<string, object>) => void): Promise<Buffer> {
  const files = new Map(await unpackTar(gunzipSync(bytes)));
  const changed = structuredClone(data) as { roles: Record<string, object> };
  change(changed.roles);
  files.set('data.json', Buffer.from(JSON.stringify(changed)));
  return packBundle([...files].map(([name, content]) => ({ name: `/${name}`, content })));
}

describe("the default bundle's own cases", () => {
  const schema = JSON.parse(readFileSync(new URL('../../policies/schemas/input.json', import.meta.url), 'utf8')) as object;
  const isInput = new Ajv({ strict: false, allErrors: true }).compile(schema);

  for (const [title, { input, allow }] of Object.entries(cases)) {
    it(`${title}: it is an input of the contract, and says what the answer must be`, () => {
      assert.ok(isInput(input), JSON.stringify(isInput.errors));
      assert.equal(typeof allow, 'boolean');
    });
  }

  it('hold, and say both yes and no', async () => {
    await admit(path, bytes, needs);
    assert.deepEqual(new Set(Object.values(cases).map(({ allow }) => allow)), new Set([true, false]));
  });

  it('keep out data under which engineers need no managed device', async () => {
    const loose = await withRoles((roles) => Object.assign(roles['engineer'] ?? {}, { models: { frontier: [], small: [] } }));
    await assert.rejects(admit(path, loose, needs), /allows its own case "an engineer on a device of their own gets no frontier model"/);
  });

  it('keep out data without the role of engineers', async () => {
    const empty = await withRoles((roles) => delete roles['engineer']);
    await assert.rejects(admit(path, empty, needs), /denies its own case "an engineer may/);
  });
});
