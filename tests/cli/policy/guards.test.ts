import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { needsToolchain, policiesWith, policy } from '../../toolchain/toolchain-harness.ts';

const root = join(import.meta.dirname, '../../..');
const inputSchema = JSON.stringify({
  type: 'object',
  additionalProperties: false,
  required: ['identity'],
  properties: {
    identity: { type: 'object', required: ['roles'], properties: { roles: { type: 'array', items: { type: 'string' } } } },
    device: {
      type: 'object',
      additionalProperties: false,
      required: ['id'],
      properties: { id: { type: 'string' }, managed: { type: 'boolean' } },
    },
    n: { type: 'number' },
  },
});

interface Report {
  readonly errors: readonly {
    readonly code: string;
    readonly message: string;
    readonly location: object;
    readonly help: readonly string[];
  }[];
}

/** Checks one file of rules, whose entry point is `answer`. Its first line is line 6. */
async function check(t: Parameters<typeof policiesWith>[0], rules: string, command = 'check'): Promise<{ codes: string[]; err: string }> {
  const cwd = policiesWith(t, {
    '.manifest': null,
    'schemas/input.json': inputSchema,
    'gateway/decision/answer_test.rego': null,
    'gateway/decision/answer.rego': `package gateway.decision\n\n# METADATA\n# entrypoint: true\nanswer := {"deny": deny}\n${rules}\n`,
  });
  const pretty = await policy(cwd, command);
  const report = await policy(cwd, command, '--format', 'json');
  assert.equal(pretty.code, report.code);
  if (report.code === 0) return { codes: [], err: pretty.err };
  const { errors } = JSON.parse(report.out) as Report;
  assert(errors.every(({ message, help }) => message !== '' && help.length > 0));
  return { codes: errors.map(({ code, location }) => `${code} ${(location as { row: number }).row}`), err: pretty.err };
}

test('the default policies pass', needsToolchain, async () => {
  const { code, err } = await policy(root, 'check', 'policies');
  assert.deepEqual([code, err], [0, '']);
});

const cases: readonly (readonly [what: string, rules: string, ...codes: string[]])[] = [
  ['a denial by a fact that may be absent', 'deny contains 1 if input.device.managed == false', 'optional-fact 6'],
  ['a denial of what is not known to be good', 'import future.keywords.not\n\ndeny contains 1 if not input.device.managed == true'],
  ['a denial by a fact that is always there', 'deny contains 1 if "guest" in input.identity.roles'],
  ['a denial that says it is about requests with the fact', 'deny contains 1 if {\n\tn := input.n\n\tn > 5\n}'],
  ['a helper', 'deny contains 1 if far\n\nfar if input.n > 5', 'optional-fact 8'],
  ['a not that is undefined', 'deny contains 1 if not input.n <= 5', 'undefined-not 6'],
  ['the same with the import', 'import future.keywords.not\n\ndeny contains 1 if not input.n <= 5'],
  ['a not in another kind of rule', 'deny contains 1 if other\n\nother if not input.n <= 5', 'undefined-not 8'],
  ['a rule that nobody asks', 'deny contains 1 if "guest" in input.identity.roles\n\ndney contains 2', 'dead-rule 8'],
  ['a library', 'deny := 1\n\n# METADATA\n# custom: {regate: {library: true}}\nlost := 2'],
  [
    'an exception with a reason',
    '# METADATA\n# custom: {regate: {allow: [optional-fact], why: "One is the default."}}\ndeny contains 1 if input.n > 5',
  ],
  [
    'an exception without one',
    '# METADATA\n# custom: {regate: {allow: [optional-fact]}}\ndeny contains 1 if input.n > 5',
    'bad-permission 6',
    'optional-fact 8',
  ],
];

for (const [what, rules, ...codes] of cases) {
  test(`guards: ${what}: ${codes.length === 0 ? 'passes' : 'is reported'}`, needsToolchain, async (t) => {
    const found = await check(t, rules);
    assert.deepEqual(found.codes, codes, found.err);
  });
}

test('a finding has its place, its code, a sentence and what to do', needsToolchain, async (t) => {
  const { err } = await check(t, 'deny contains 1 if input.device.managed == false');
  assert.equal(
    err,
    `policies/gateway/decision/answer.rego:6:20: optional-fact: data.gateway.decision.deny reads input.device.managed, which may be absent: nothing is denied then
	help: deny what is not known to be good, under import future.keywords.not: not input.device.managed == ...
	help: or, where a request without it is to pass, say so by taking it on a line of its own: value := input.device.managed
1 error
`,
  );
});

test('what check reports is not built either', needsToolchain, async (t) => {
  const found = await check(t, 'deny contains 1 if input.n > 5', 'build');
  assert.deepEqual(found.codes, ['optional-fact 6']);
});

test('an entry point that only the command line names is reached', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { '.manifest': null, 'system/log/mask.rego': 'package system.log\n\nmask contains "/input"\n' });
  assert.match((await policy(cwd, 'build')).err, /mask\.rego:3:1: dead-rule: no entry point reaches data\.system\.log\.mask/);
  assert.equal((await policy(cwd, 'build', '-e', 'system/log/mask')).code, 0);
});
