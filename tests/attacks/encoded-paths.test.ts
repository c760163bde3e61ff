import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { refusedWith } from '../pipeline/accept/request.ts';

// One program in front reads a path one way, the gateway another: what was allowed is then not what is served.
suite('encoded paths: a path that can be read in two ways is refused', () => {
  for (const url of [
    '/v1/chat%2Fcompletions',
    '/v1/chat%2fcompletions',
    '/v1/%63hat/completions',
    '/v1/chat%252Fcompletions',
    '/v1/chat%5Ccompletions',
    '/v1/chat\\completions',
    '/v1/models/%2e%2e/chat/completions',
    '/v1/models/../chat/completions',
    '/v1/models/%2E%2E',
    '/v1/models/..',
    '/v1/models/.',
    '/v1/./models',
    '/v1/models/a%2Fb',
    '/v1/models/a%2fb',
    '/v1/models/a%252Fb',
    '/v1/models/a%5cb',
    '/v1/models/a%00',
    '/v1/models/a%0d%0aX:1',
    '/v1/models/a%20b',
    '/v1/models/%C3%A9',
    '/v1/models/a%',
    '/v1/models/a%zz',
    '/v1/models/',
    '//v1/models',
    '/v1//models',
    '/v1/models//',
    '/v1/chat/completions/',
    '/v1/models;x=1',
    '/v1/models/a;b',
    '/v1/models#fragment',
    '/v1/mod\u0000els',
    '/v1/mod\tels',
    '/v1/models/\u00e9',
    'http://localhost/v1/models',
    'https://evil.example/v1/models',
    'localhost:443',
    '*',
    '',
  ]) {
    test(JSON.stringify(url), () => {
      assert.equal(refusedWith({ method: 'GET', url }), 'request.ambiguous-path');
      assert.equal(refusedWith({ method: 'POST', url, headers: ['anthropic-version', '2023-06-01'] }), 'request.ambiguous-path');
    });
  }
});
