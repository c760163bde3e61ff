import assert from 'node:assert/strict';
import { it } from 'node:test';
import { believe } from '../../../gateway/pipeline/decide/believe.ts';
import { MalformedAnswer, readAnswer } from '../../../gateway/pipeline/decide/read-answer.ts';

const value = () => ({
  allow: false,
  reasons: [{ code: 'device.unmanaged', public: true }],
  obligations: [{ type: 'pin', set: { a: [1] } }],
});

it("a frozen value is read once, and its answer is nobody's to change", () => {
  const frozen = Object.freeze(value());
  const answer = believe(frozen);
  assert.deepEqual(answer, readAnswer(value()));
  assert.equal(believe(frozen), answer);
  for (const part of [answer, answer.reasons, answer.reasons[0], answer.obligations[0]?.['set']]) assert.ok(Object.isFrozen(part));
});

it('a value that may change is read each time', () => {
  const changing = { ...value() };
  assert.equal(believe(changing).allow, false);
  assert.equal(believe(Object.assign(changing, { allow: true })).allow, true);
});

it('a malformed one is refused each time', () => {
  const malformed = Object.freeze({ allow: 'yes' });
  for (let times = 0; times < 2; times += 1) assert.throws(() => believe(malformed), MalformedAnswer);
  for (const none of [undefined, null, 7, 'allow']) assert.throws(() => believe(none), MalformedAnswer);
});
