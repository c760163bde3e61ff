import assert from 'node:assert/strict';
import { matches } from './match.ts';
import { credentials, type SeenUpstream } from './scene.ts';
import type { Story, Want } from './story.ts';
import { dialectOf, everyday, prompt, type Told } from './tell.ts';
import { until } from './until.ts';

/** Holds what came of a story against what it wants, and against what holds for every story. */
export async function judgeStory({ given, want }: Story, told: Told): Promise<void> {
  judgeAnswer(given, want, told);
  assert.equal(told.upstream.length, want.upstream.length, `upstream saw ${JSON.stringify(told.upstream.map(({ seen }) => seen.path))}`);
  for (const [index, call] of want.upstream.entries()) {
    const found = told.upstream[index];
    assert.ok(found !== undefined);
    await judgeCall(call, found);
  }
  assert.equal(told.decided.length, want.record.length, 'decided lines');
  for (const [index, wanted] of want.record.entries()) matches(told.decided[index], wanted, `record ${index}`);
  assert.equal(told.delivered.length, want.delivered.length, 'delivered lines');
  for (const [index, wanted] of want.delivered.entries()) matches(told.delivered[index], wanted, `delivered ${index}`);
  judgeAlways(want, told);
}

function judgeAnswer(given: Story['given'], want: Want, { answered, decided }: Told): void {
  const { status, headers, body } = answered;
  assert.equal(status ?? 'none', want.status, `the answer was ${body}`);
  assert.equal(answered.broken, want.broken === true || ('hang_up' in given.request && given.request.hang_up === true), 'broken off');
  assert.equal(answered.continued, want.continued === true, 'asked to continue');
  if (want.error !== undefined) judgeError(given, want.error, JSON.parse(body), headers);
  if (want.answer !== undefined) matches(JSON.parse(body), want.answer, 'answer');
  if (want.headers !== undefined) matches(headers, want.headers, 'headers');
  for (const text of want.says ?? []) assert.ok(body.includes(text), `the answer does not say "${text}": ${body}`);
  for (const text of want.says_not ?? []) assert.ok(!body.includes(text), `the answer says "${text}": ${body}`);
  // A caller can always name the record that is about it: the last attempt's.
  const decisionId = headers['x-regate-decision-id'];
  if (status !== undefined && !('bytes' in given.request)) assert.equal(decisionId, decided.at(-1)?.decision_id, 'x-regate-decision-id');
}

function judgeError(
  { request }: Story['given'],
  { code, type, reasons, final }: NonNullable<Want['error']>,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): void {
  const decision = headers['x-regate-decision-id'];
  const dialect = 'bytes' in request ? 'openai' : dialectOf(request);
  if (dialect === 'openai') matches(body, { error: { code, type, decision_id: decision, reasons: reasons ?? null } }, 'error');
  else {
    matches(
      body,
      { type: 'error', error: { type, details: { error_code: code, reasons: reasons ?? null } }, request_id: decision },
      'error',
    );
    matches(headers, { 'request-id': decision }, 'headers');
  }
  matches(headers, { 'content-type': 'application/json', 'x-should-retry': final ? 'false' : null }, 'headers of the error');
}

async function judgeCall(call: Want['upstream'][number], found: SeenUpstream): Promise<void> {
  const { post, seen } = found;
  assert.equal(post.name, call.at, 'the upstream that was called');
  assert.equal(seen.path, call.path);
  if (call.headers !== undefined) matches(seen.headers, call.headers, 'headers upstream');
  if (call.body !== undefined) matches(JSON.parse(seen.body.toString()), call.body, 'body upstream');
  if (call.text !== undefined) assert.equal(seen.body.toString(), call.text);
  if (call.aborted) await until('abort upstream', () => found.aborted);
}

/** What holds for every story, whatever it is about. */
function judgeAlways(want: Want, { answered, upstream, recorded, credential }: Told): void {
  const secrets = [credential, ...Object.values(credentials)].filter((text) => text !== undefined && text.length > 8) as string[];
  const callers = [
    everyday.cookie,
    'cookie-of-the-story',
    everyday['x-custom'],
    'stainless',
    ...(credential === undefined ? [] : [credential]),
  ];
  for (const { post, seen } of upstream) {
    const all = `${seen.rawHeaders.join('\n')}\n${seen.body.toString()}`;
    for (const text of [...callers, ...(want.nowhere ?? []), ...(want.not_upstream ?? [])]) {
      assert.ok(!all.includes(text), `"${text}" went upstream: ${all}`);
    }
    const own = post.name === 'second' ? credentials.second : credentials.upstream;
    assert.equal(all.split(own).length, 2, "the backend's credential goes upstream once");
    assert.equal(seen.headers.host, new URL(post.upstream.url).host);
    assert.match(seen.headers['user-agent'] ?? '', /^regate\//);
  }
  for (const text of [
    ...secrets,
    prompt,
    'cookie-of-the-story',
    'custom-of-the-story',
    ...(want.nowhere ?? []),
    ...(want.not_on_record ?? []),
  ]) {
    assert.ok(!recorded.includes(text), `"${text}" is on the record: ${recorded}`);
  }
  const answer = `${JSON.stringify(answered.headers)}\n${answered.body}`;
  for (const text of [...secrets, 'stays-here', '__demo', 'regate-demo-upstream']) {
    assert.ok(!answer.includes(text), `"${text}" is in the answer: ${answer}`);
  }
}
