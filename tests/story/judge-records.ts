import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020.js';
import { recordSchema } from '../../scripts/reference/record-schema.ts';

const schema = recordSchema() as { readonly $defs: Readonly<Record<string, { readonly properties: Readonly<Record<string, unknown>> }>> };
const ajv = new Ajv.Ajv2020({ strict: true, strictRequired: false, allErrors: true });
ajv.addSchema(schema, 'record');

/** Kind → the members that have been seen in entries of it. */
export type SeenMembers = Map<string, Set<string>>;

/** Checks each entry of a log against the published schema, and notes which members there were. */
export function judgeRecords(text: string, seen: SeenMembers): void {
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const { seq: _seq, prev: _prev, hash: _hash, ...entry } = JSON.parse(line) as Record<string, unknown>;
    if (entry['schema'] !== 'regate.decision/1') continue;
    const kind = String(entry['kind']);
    const validate = ajv.getSchema(`record#/$defs/${kind}`) ?? assert.fail(`no schema for ${kind}`);
    assert.ok(validate(entry), `${line}\n${JSON.stringify(validate.errors, null, 1)}`);
    const members = seen.get(kind) ?? new Set();
    seen.set(kind, members);
    for (const name of Object.keys(entry)) members.add(name);
  }
}

/** The members of the schema that no entry had. */
export function findUnseen(seen: SeenMembers): readonly string[] {
  return Object.entries(schema.$defs).flatMap(([kind, { properties }]) =>
    Object.keys(properties)
      .filter((name) => seen.get(kind)?.has(name) !== true)
      .map((name) => `${kind}.${name}`),
  );
}
