import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeResolveRoute } from '../../../gateway/pipeline/decide/resolve-route.ts';
import type { Answer } from '../../../gateway/vocabulary/decision.ts';
import { sampleCatalogue } from '../../engine/sample-catalogue.ts';

const resolve = makeResolveRoute(sampleCatalogue);
const east = { backend: 'east', model: 'small', upstreamModel: 'small-2026', credential: 'east-key' };
const west = { backend: 'west', model: 'small', upstreamModel: 'small-west', credential: 'west-key' };

type Asked = Parameters<typeof resolve>[1];
const asked: Asked = { protocol: 'openai', operation: 'chat', model: 'small', candidate: undefined };
const fromWest = { ...asked, candidate: { backend: 'west', model: 'small', credential: 'west-key' } };
const fromSmaller = { ...asked, model: 'large', candidate: { backend: 'west', model: 'small', credential: 'west-key' } };

describe('a route', () => {
  const found: readonly [string, Answer['route'], Asked, unknown][] = [
    ['of which nothing is named is the first backend of the dialect', undefined, asked, east],
    ['of which nothing is named, as an empty object', {}, asked, east],
    [
      'in another dialect',
      undefined,
      { ...asked, protocol: 'anthropic' },
      { backend: 'other', model: 'small', upstreamModel: 'small-a', credential: 'other-key' },
    ],
    ['to another model', { model: 'small' }, { ...asked, model: 'large' }, east],
    ['to a backend by name', { backend: 'west' }, asked, west],
    ['with the credential of the backend', { backend: 'west', credential: 'west-key' }, asked, west],
    ['with only the credential named', { credential: 'east-key' }, asked, east],
    ['for an operation that names no model is none', { model: 'small' }, { ...asked, operation: 'models', model: undefined }, undefined],
    ['of a candidate, wholly named', { backend: 'west', model: 'small', credential: 'west-key' }, fromWest, west],
    ['of a candidate, not named', undefined, fromWest, west],
    ['of a candidate with another model, named', { model: 'small' }, fromSmaller, west],
  ];
  for (const [what, named, about, want] of found) it(what, () => assert.deepEqual(resolve(named, about), want));

  const faults: readonly [string, Answer['route'], Asked, string][] = [
    ['to a model outside the catalogue', { model: 'nothing' }, asked, 'policy.unknown-route'],
    ['to a model named as an object’s own method', { model: 'constructor' }, asked, 'policy.unknown-route'],
    ['to a model that does not serve the operation', { model: 'vectors' }, asked, 'policy.unknown-route'],
    ['to a backend outside the catalogue', { backend: 'nothing' }, asked, 'policy.unknown-route'],
    ['to a backend that speaks another dialect', { backend: 'other' }, asked, 'policy.unknown-route'],
    ['to a backend that does not serve the model', { backend: 'west', model: 'large' }, asked, 'policy.unknown-route'],
    ['to a model that nobody serves in the dialect', { model: 'claude' }, asked, 'policy.unknown-route'],
    ['with a credential of another backend', { backend: 'west', credential: 'east-key' }, asked, 'policy.unknown-route'],
    ['with a credential of nobody', { credential: 'nothing' }, asked, 'policy.unknown-route'],
    ['to another backend than the candidate', { backend: 'east' }, fromWest, 'policy.route-mismatch'],
    ['to another model than the candidate', { backend: 'east', model: 'large' }, fromWest, 'policy.route-mismatch'],
    [
      'to another credential than the candidate’s',
      undefined,
      { ...fromWest, candidate: { ...fromWest.candidate, credential: 'old-key' } },
      'policy.route-mismatch',
    ],
    [
      'to another backend with the same credential',
      { backend: 'east' },
      { ...fromWest, candidate: { ...fromWest.candidate, credential: 'east-key' } },
      'policy.route-mismatch',
    ],
    [
      'to another model on the same backend',
      undefined,
      { ...asked, model: 'large', candidate: { backend: 'east', model: 'small', credential: 'east-key' } },
      'policy.route-mismatch',
    ],
    // What is allowed here is `large`; the candidate is `small` on a backend that serves no `large`.
    ['that leaves out the model of a candidate with another model', undefined, fromSmaller, 'policy.unknown-route'],
    ['that names the asked model for a candidate with another one', { backend: 'east' }, fromSmaller, 'policy.route-mismatch'],
  ];
  for (const [what, named, about, code] of faults) {
    it(`${what} is ${code}`, () => {
      const fault = resolve(named, about);
      assert.ok(fault !== undefined && 'code' in fault);
      assert.equal(fault.code, code);
    });
  }
});
