import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breakage, refuse } from '../../../gateway/errors.ts';
import type { PinnedPolicy } from '../../../gateway/vocabulary/decision.ts';
import { makeAllowed, makeDecision, makePolicy, makeRefused, setUp } from './record-harness.ts';

async function recordWith(policy: PinnedPolicy | undefined, story = makeAllowed()) {
  const { recorder, appended, logged } = setUp();
  await recorder.decided(story, policy);
  const record = appended[0] ?? assert.fail('nothing was recorded');
  return { record, logged, text: JSON.stringify(record) };
}

test('the mask is asked with the event in the form of OPA', async () => {
  const policy = makePolicy(() => []);
  const { record } = await recordWith(policy);
  const members = [
    'bundles',
    'decision_id',
    'input',
    'labels',
    'metrics',
    'path',
    'requested_by',
    'result',
    'span_id',
    'timestamp',
    'trace_id',
  ];
  assert.deepEqual(Object.keys(policy.events[0] as object).sort(), members);
  assert.deepEqual((policy.events[0] as { input: unknown }).input, record['input']);
});

test('what it erases and changes is gone, and is told', async () => {
  const { record, text } = await recordWith(
    makePolicy(() => [
      '/input/identity/chain/0/claims/email',
      '/input/identity/principals/0/claims',
      '/input/identity/originator/claims',
      '/input/identity/caller/claims',
      '/input/no/such/place',
      { op: 'upsert', path: '/input/context/time/zone', value: 'somewhere' },
      { op: 'remove', path: '/result/reasons/0/message' },
    ]),
  );
  assert.ok(!text.includes('ada@example.com'));
  assert.ok(!text.includes('quotes'));
  assert.deepEqual(record['erased'], [
    '/input/identity/chain/0/claims/email',
    '/input/identity/principals/0/claims',
    '/input/identity/originator/claims',
    '/input/identity/caller/claims',
    '/result/reasons/0/message',
  ]);
  assert.deepEqual(record['masked'], ['/input/context/time/zone']);
  assert.deepEqual(record['mask'], { by: 'policy' });
});

test('what is erased from input or result does not stand elsewhere in the record', async () => {
  const { text } = await recordWith(makePolicy(() => ['/input', '/result']));
  for (const word of ['ada@example.com', 'group-of-the-person', 'the-model-as-asked', 'quotes', 'label-of-the-answer']) {
    assert.ok(!text.includes(word), word);
  }
});

const strict: { why: string; policy: PinnedPolicy | undefined }[] = [
  { why: 'missing', policy: undefined },
  { why: 'missing', policy: { ...makePolicy(() => []), has: () => false } },
  { why: 'undefined', policy: makePolicy(() => undefined) },
  {
    why: 'failed',
    policy: makePolicy(() => {
      throw new Breakage('policy.error', 'a trap');
    }),
  },
  ...[
    'input',
    { '/input': true },
    ['/input/identity', 7],
    ['input'],
    [''],
    ['/labels'],
    ['/identity'],
    ['/input/a~2b'],
    [{ op: 'replace', path: '/input', value: 1 }],
    [{ op: 'remove' }],
    [{ path: '/input' }],
    [null],
  ].map((answer) => ({ why: 'malformed', policy: makePolicy(() => answer) })),
];

for (const [index, { why, policy }] of strict.entries()) {
  test(`a mask that is ${why} (${index}) gives way to the strictest one`, async () => {
    const { record, text } = await recordWith(policy);
    assert.deepEqual(record['mask'], { by: 'built-in', why });
    assert.deepEqual(record['erased'], ['/input', '/result']);
    assert.deepEqual(record['input'], {
      version: 1,
      request: { id: 'request-1', protocol: 'openai', operation: 'chat' },
      identity: {
        chain: [
          { kind: 'person', id: 'okta:00u1', issuer: 'okta' },
          { kind: 'token', id: 'jti-1', issuer: 'okta' },
        ],
      },
      attempt: { number: 1 },
    });
    assert.deepEqual(record['result'], { allow: true, reasons: [{ code: 'role.granted' }] });
    for (const word of ['ada@example.com', 'group-of-the-person', 'the-model-as-asked', 'quotes', 'label-of-the-answer']) {
      assert.ok(!text.includes(word), word);
    }
  });
}

test('the strictest mask takes the detail, too', async () => {
  const { record } = await recordWith(undefined, makeRefused(refuse('policy.obligation-blocked', { detail: 'tool named x' })));
  assert.equal(record['detail'], undefined);
  assert.deepEqual(record['erased'], ['/input', '/result', '/detail']);
});

for (const [name, policy] of [
  ['its mask', makePolicy(() => ['/input/identity', '/input/model', '/detail'])],
  ['the strictest one, where it has none', undefined],
] as const) {
  test(`a policy that cannot be believed is masked as one that can: by ${name}`, async () => {
    const { decision, ...story } = makeRefused(refuse('policy.malformed-answer'), makeDecision(true));
    const { input, policy: stamp } = decision ?? assert.fail('no decision');
    const refusal = refuse('policy.malformed-answer', { asked: input, policy: stamp, detail: 'allow is not a boolean' });
    const { record, text } = await recordWith(policy, { ...story, refusal });
    assert.equal(record['code'], 'policy.malformed-answer');
    assert.ok(record['input'] !== undefined && record['mask'] !== undefined);
    assert.deepEqual([record['result'], record['detail']], [undefined, undefined]);
    for (const word of ['ada@example.com', 'group-of-the-person', 'the-model-as-asked']) assert.ok(!text.includes(word), word);
  });
}

test('where there was nothing to mask, no mask is asked', async () => {
  const policy = makePolicy(() => assert.fail('asked'));
  const { decision: _, ...story } = makeRefused(refuse('body.too-large'));
  const { record, text } = await recordWith(policy, story);
  assert.deepEqual([record['mask'], record['input']], [undefined, undefined]);
  for (const word of ['ada@example.com', 'group-of-the-person']) assert.ok(!text.includes(word), word);
});

test('the decision itself stays as it was', async () => {
  const story = makeAllowed();
  const before = JSON.stringify(story);
  await recordWith(
    makePolicy(() => ['/input/identity', { op: 'upsert', path: '/result/reasons/0/code', value: 'x' }]),
    story,
  );
  assert.equal(JSON.stringify(story), before);
});

test('the input of a decision that failed is masked as any other', async () => {
  const { decision } = makeAllowed();
  const { input, policy } = decision ?? assert.fail();
  const failed = makeRefused(refuse('policy.error', { policy, asked: input }), undefined);
  const { decision: _decision, ...story } = failed;
  const own = await recordWith(
    makePolicy(() => ['/input']),
    story,
  );
  assert.ok(!own.text.includes('ada@example.com'));
  assert.deepEqual(own.record['erased'], ['/input']);
  const built = await recordWith(undefined, story);
  assert.ok(!built.text.includes('ada@example.com'));
  assert.deepEqual(built.record['mask'], { by: 'built-in', why: 'missing' });
  assert.deepEqual(built.record['erased'], ['/input']);
});

test('what the evaluation took beside its input is recorded, shown to the mask, and goes where there is none', async () => {
  const nd = { 'time.now_ns': { '[]': 1772366400000000000 }, 'rand.intn': { '["ada@example.com", 10]': 7 } };
  const { decision, ...rest } = makeAllowed();
  const story = { ...rest, decision: { ...(decision ?? assert.fail()), nd } };
  const policy = makePolicy(() => []);
  assert.deepEqual((await recordWith(policy, story)).record['nd_builtin_cache'], nd);
  assert.deepEqual((policy.events[0] as { nd_builtin_cache: unknown }).nd_builtin_cache, nd);
  const erased = await recordWith(
    makePolicy(() => ['/nd_builtin_cache/rand.intn']),
    story,
  );
  assert.deepEqual(erased.record['nd_builtin_cache'], { 'time.now_ns': { '[]': 1772366400000000000 } });
  const strict = await recordWith(undefined, story);
  assert.equal('nd_builtin_cache' in strict.record, false);
  assert.deepEqual(strict.record['erased'], ['/input', '/result', '/nd_builtin_cache']);
});
