import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { refusedBuiltins } from '../../gateway/engine/builtins/refused.ts';
import { hostBuiltinNames, hostBuiltins } from '../../gateway/engine/builtins/registry.ts';
import { goBuiltins } from '../../gateway/engine/go-builtins/go-builtins.ts';
import { goBuiltinNames } from '../../gateway/engine/go-builtins/names.ts';
import { listOpaBuiltins, readOpaBuiltins } from '../../scripts/reference/list-opa-builtins.ts';
import { answeredBy } from '../../scripts/reference/render-builtins.ts';

const all = readOpaBuiltins();
const known = new Set(all.map(({ name }) => name));
const fromModule = listOpaBuiltins();

describe('the list of OPA’s built-ins', () => {
  it('is that of the OPA that compiles policies', { skip: fromModule === undefined && process.env['CI'] === undefined && 'no Go' }, () => {
    assert.deepEqual(fromModule, all, 'run: node scripts/reference/list-opa-builtins.ts');
  });

  it('has a row for each in the reference', () => {
    const text = readFileSync(new URL('../../docs/reference/builtins.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| `([a-z0-9_.]+)\(/gm)].map(([, name]) => name ?? '');
    assert.deepEqual(rows.toSorted(), [...known].toSorted());
  });
});

describe('every built-in of OPA', () => {
  it('is answered, or refused for a reason that is told', () => {
    assert.deepEqual(
      all.filter((one) => answeredBy(one) === undefined).map(({ name }) => name),
      [],
    );
  });

  it('is not both: what is refused is never lent', () => {
    assert.deepEqual(
      hostBuiltinNames.filter((name) => refusedBuiltins.has(name)),
      [],
    );
  });
});

it('a built-in that is written here does not start OPA’s Go code', () => {
  const byGo = new Map(goBuiltins);
  assert.deepEqual(
    goBuiltinNames.filter((name) => hostBuiltins.get(name) !== byGo.get(name)),
    [],
  );
});

it('nothing is lent or refused that OPA does not have', () => {
  const names = [...hostBuiltinNames, ...refusedBuiltins.keys()].filter((name) => !name.startsWith('internal.'));
  assert.deepEqual(
    names.filter((name) => !known.has(name)),
    [],
  );
});
