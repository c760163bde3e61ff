import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareData } from '../../../gateway/cli/policy/compare/compare-data.ts';
import { pairFor } from '../../bundle/workbench.ts';
import { needsToolchain, policiesWith, policy, small } from '../../toolchain/toolchain-harness.ts';

const answer = readFileSync(join(small, 'gateway/decision/answer.rego'), 'utf8');
const changes = {
  '../next/gateway/decision/answer.rego': `${answer.replace('\n\tinput.model', '\n\tmore\n\tinput.model')}\n# A comment.\nmore if input.model.requested != "y"\n`,
  '../next/models/data.yaml': 'engineer: [large, tiny]\n"on call": [small]\n',
  '../same/gateway/decision/answer.rego': `# Another comment.\n${answer.replace('granted if {', 'granted   if   {')}`,
  '../same/models/data.json': '{"intern": ["small"],\n "engineer": ["large", "small"]}',
};

test('rules, data and files of two directories, path by path', needsToolchain, async (t) => {
  const cwd = policiesWith(t, changes);
  const found = await policy(cwd, 'diff', 'policies', 'next');
  assert.equal(found.code, 0, found.err);
  assert.match(found.out, /^policies {2}revision [0-9a-f]{12}\nnext {2}revision [0-9a-f]{12}\n/);
  assert.equal(
    found.out.split('\n').slice(2).join('\n'),
    `
Rules
  + data.gateway.decision.more
  ~ data.gateway.decision.granted

Data
  ~ data.models.engineer: +"tiny" -"small"
  - data.models.intern
  + data.models["on call"] = ["small"]

Files
  ~ data.json
  ~ gateway/decision/answer.rego
  ~ policy.wasm
`,
  );
  assert.equal((await policy(cwd, 'diff', 'policies', 'next', '--exit-code')).code, 1);
});

test('white space, comments, the order of keys and YAML or JSON are no difference of rules and data', needsToolchain, async (t) => {
  const cwd = policiesWith(t, changes);
  const { rules, data } = JSON.parse((await policy(cwd, 'diff', 'policies', 'same', '--format', 'json')).out) as {
    rules: unknown;
    data: unknown;
  };
  assert.deepEqual([rules, data], [{ added: [], removed: [], changed: [] }, []]);
});

test('a bundle and itself signed are the same; the rules of entry points are told to be in the module', needsToolchain, async (t) => {
  const cwd = policiesWith(t, {
    '../next/gateway/decision/answer.rego': answer.replace('{"allow": false, "reasons"', '{"allow": true, "reasons"'),
  });
  await policy(cwd, 'build', 'policies', '-o', 'a.tar.gz');
  copyFileSync(join(cwd, 'a.tar.gz'), join(cwd, 'b.tar.gz'));
  writeFileSync(join(cwd, 'key.pem'), pairFor('EdDSA').signing);
  assert.equal((await policy(cwd, 'sign', 'b.tar.gz', '--key', 'key.pem')).code, 0);
  const same = await policy(cwd, 'diff', 'a.tar.gz', 'b.tar.gz', '--exit-code');
  assert.equal(same.code, 0, same.out);
  assert.match(same.out, /The same rules, data and files\./);
  const copied = policiesWith(t, { 'gateway/decision/answer.rego': changes['../next/gateway/decision/answer.rego'] });
  copyFileSync(join(cwd, 'a.tar.gz'), join(copied, 'a.tar.gz'));
  await policy(copied, 'build', 'policies', '-o', 'c.tar.gz');
  assert.match((await policy(copied, 'diff', 'a.tar.gz', 'c.tar.gz', '--exit-code')).out, /~ policy\.wasm/);
});

test('what does not build is told as build tells it; what is not there is wrong use', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { '../bad/x.rego': 'package x\n\ny := input.nope.nope(\n' });
  const bad = await policy(cwd, 'diff', 'policies', 'bad');
  assert.deepEqual([bad.code, bad.out], [1, '']);
  assert.match(bad.err, /rego_parse_error/);
  assert.equal((await policy(cwd, 'diff', 'policies', 'nowhere')).code, 2);
  writeFileSync(join(cwd, 'broken.tar.gz'), 'no gzip');
  assert.equal((await policy(cwd, 'diff', 'broken.tar.gz', 'policies')).code, 1);
});

test('data: what came, what went, what is another', () => {
  assert.deepEqual(compareData({ a: 1, b: { c: [1, 2] }, d: null }, { a: '1', b: { c: [2, 1] }, e: {} }), [
    { path: 'data.a', change: 'changed', before: 1, after: '1' },
    { path: 'data.b.c', change: 'changed', before: [1, 2], after: [2, 1], items: { added: [], removed: [] } },
    { path: 'data.d', change: 'removed', before: null },
    { path: 'data.e', change: 'added', after: {} },
  ]);
  assert.deepEqual(compareData({ a: [{ x: 1, y: 2 }] }, { a: [{ y: 2, x: 1 }] }), []);
  assert.deepEqual(compareData({}, JSON.parse('{"__proto__": 1}')), [{ path: 'data.__proto__', change: 'added', after: 1 }]);
});
