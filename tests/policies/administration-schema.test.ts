import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const read = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, '../../policies/schemas', name), 'utf8'));

test('who and where are the same for an administrative action as for a request', () => {
  const input = read('input.json');
  const administration = read('administration.json');
  assert.deepEqual(administration.properties.identity, input.properties.identity);
  assert.deepEqual(administration.properties.context, input.properties.context);
  assert.deepEqual(administration.definitions, input.definitions);
});
