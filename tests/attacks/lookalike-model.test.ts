import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeResolveModel } from '../../gateway/pipeline/collect/model.ts';
import { readParameters } from '../../gateway/pipeline/collect/parameters/read-parameters.ts';
import { accepted, bodyOf, catalogue } from '../pipeline/collect/given.ts';

const resolve = makeResolveModel({ catalogue });

/* A name that a backend trims, folds or normalises would be judged as one model and served as another. */
suite('a model that looks like one that is allowed', () => {
  for (const [model, code] of [
    ['Small', 'model.unknown'],
    ['SMALL', 'model.unknown'],
    ['small ', 'model.invalid'],
    [' small', 'model.invalid'],
    ['small\n', 'model.invalid'],
    ['small\u0000', 'model.invalid'],
    ['small\u200b', 'model.invalid'],
    ['\u202esmall', 'model.invalid'],
    ['ѕmall', 'model.invalid'],
    ['ｓmall', 'model.invalid'],
    ['small:online', 'model.unknown'],
    ['openai/small', 'model.unknown'],
    ['../small', 'model.unknown'],
    ['small?x=1', 'model.unknown'],
  ] as const) {
    test(JSON.stringify(model), () => assert.equal(resolve(accepted(), bodyOf({ model })), code));
  }
});

/*
 * Go's encoding/json takes "Model" for "model", and the Kelvin sign for a k. Servers of models are written in Go: there the last spelling would win.
 */
suite('a key that a careless reader takes for another', () => {
  for (const name of ['Model', 'MODEL', 'ſtream', 'max_toKens', 'Max_Tokens', 'TOOLS', 'Fallbacks', 'toolS', 'Messages']) {
    test(name, () => assert.equal(readParameters(accepted(), bodyOf({ model: 'small', [name]: 'frontier' })), 'parameter.invalid'));
  }
});
