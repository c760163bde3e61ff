import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MalformedAnswer, readAnswer } from '../../../gateway/pipeline/decide/read-answer.ts';

const whole = {
  allow: true,
  reasons: [{ code: 'would-deny:device.unmanaged', rule: 'devices', message: 'm', remediation: 'r', public: false }],
  message: 'Please enrol the device.',
  route: { backend: 'east', model: 'small', credential: 'east-key' },
  fallbacks: [{ backend: 'west', model: 'small' }, { backend: 'west' }],
  obligations: [
    { type: 'cap-tokens', max: 100 },
    { type: 'pin-parameters', set: { temperature: 0, stop: null, nested: { list: [true, 'x'] } } },
  ],
  audit: { class: 'restricted', capture: 'metadata', labels: { team: 'red' } },
};

describe('an answer that is believed', () => {
  it('has every part of the contract as it was given', () => assert.deepEqual(readAnswer(whole), whole));
  it('needs no more than allow', () =>
    assert.deepEqual(readAnswer({ allow: true }), { allow: true, reasons: [], fallbacks: [], obligations: [] }));
  it('is a new object: nothing of the value is kept but obligation parameters', () => {
    const answer = readAnswer(whole);
    assert.notEqual(answer.reasons, whole.reasons);
    assert.notEqual(answer.route, whole.route);
  });
});

describe('an answer that is not', () => {
  const long = 'x'.repeat(2049);
  const deep = JSON.parse(`${'{"a":'.repeat(9)}1${'}'.repeat(9)}`);
  const bad: readonly [string, unknown][] = [
    ['no object', null],
    ['an array', [whole]],
    ['a result set', [{ result: whole }]],
    ['empty', {}],
    ['allow as a string', { allow: 'true' }],
    ['allow as a number', { allow: 1 }],
    ['allow as null', { allow: null }],
    ['an unknown key', { ...whole, obligation: [] }],
    ['a prototype in the way', JSON.parse('{"__proto__":{"allow":true},"allow":true}')],
    ['a deny without reasons', { allow: false }],
    ['a deny with no reason', { allow: false, reasons: [] }],
    ['reasons as null', { allow: true, reasons: null }],
    ['reasons as an object', { allow: true, reasons: {} }],
    ['a reason as a string', { allow: true, reasons: ['x'] }],
    ['a reason without a code', { allow: true, reasons: [{ message: 'x' }] }],
    ['a reason with an unknown key', { allow: true, reasons: [{ code: 'x', severity: 'low' }] }],
    ['a code in capitals', { allow: true, reasons: [{ code: 'Denied' }] }],
    ['a code with a space', { allow: true, reasons: [{ code: 'a b' }] }],
    ['a code with a line break at its end', { allow: true, reasons: [{ code: 'a\n' }] }],
    ['an endless code', { allow: true, reasons: [{ code: 'a'.repeat(129) }] }],
    ['too many reasons', { allow: true, reasons: Array(65).fill({ code: 'x' }) }],
    ['public as a string', { allow: true, reasons: [{ code: 'x', public: 'yes' }] }],
    ['an endless message', { allow: true, message: long }],
    ['an empty message', { allow: true, message: '' }],
    ['a message as an object', { allow: true, message: {} }],
    ['a route as a string', { allow: true, route: 'east' }],
    ['a route as null', { allow: true, route: null }],
    ['a route with an unknown key', { allow: true, route: { url: 'https://evil.example' } }],
    ['a route with an empty part', { allow: true, route: { model: '' } }],
    ['a fallback without a backend', { allow: true, fallbacks: [{ model: 'small' }] }],
    ['a fallback with a credential', { allow: true, fallbacks: [{ backend: 'west', credential: 'x' }] }],
    ['too many fallbacks', { allow: true, fallbacks: Array(9).fill({ backend: 'west' }) }],
    ['obligations as an object', { allow: true, obligations: { type: 'cap-tokens' } }],
    ['an obligation without a type', { allow: true, obligations: [{ max: 1 }] }],
    ['an obligation whose type is a number', { allow: true, obligations: [{ type: 1 }] }],
    ['too many obligations', { allow: true, obligations: Array(33).fill({ type: 'x' }) }],
    ['a bottomless obligation', { allow: true, obligations: [{ type: 'x', deep }] }],
    ['an obligation with an endless list', { allow: true, obligations: [{ type: 'x', names: Array(2048).fill(1) }] }],
    ['obligations that are endless together', { allow: true, obligations: Array(32).fill({ type: 'x', names: Array(64).fill(1) }) }],
    ['an obligation with an endless string', { allow: true, obligations: [{ type: 'x', name: long }] }],
    ['an obligation with an endless key', { allow: true, obligations: [{ type: 'x', ['k'.repeat(257)]: 1 }] }],
    ['an obligation with a number beyond all numbers', { allow: true, obligations: [JSON.parse('{"type":"cap-tokens","max":1e400}')] }],
    ['an audit as a string', { allow: true, audit: 'content' }],
    ['an audit with an unknown capture', { allow: true, audit: { capture: 'everything' } }],
    ['an audit with an unknown key', { allow: true, audit: { off: true } }],
    ['a label that is a number', { allow: true, audit: { labels: { team: 1 } } }],
    ['labels without end', { allow: true, audit: { labels: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`l${n}`, 'x'])) } }],
  ];
  for (const [what, value] of bad) it(what, () => assert.throws(() => readAnswer(value), MalformedAnswer));
});
