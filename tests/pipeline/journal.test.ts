import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../gateway/errors.ts';
import { openJournal } from '../../gateway/pipeline/journal.ts';
import { seal } from '../../gateway/secret.ts';
import type { IdentityChain } from '../../gateway/vocabulary/identity.ts';
import type { Accepted, Arrival } from '../../gateway/vocabulary/request.ts';

const arrival: Arrival = {
  requestId: 'r',
  receivedAt: 0,
  startedAt: 0,
  method: 'POST',
  path: '/',
  protocol: 'openai',
  peer: { address: '192.0.2.1', port: 1, encrypted: true },
};
const accepted: Accepted = {
  ...arrival,
  operation: 'chat',
  upstreamPath: '/x',
  headers: new Map([['x-custom', ['a-header-of-the-caller']]]),
  credentials: [{ place: 'authorization', value: seal('the-secret') }],
};
const chain = { chain: [] } as unknown as IdentityChain;

test('a fact is written once', () => {
  const journal = openJournal(arrival, 'd');
  journal.identified(chain);
  assert.throws(() => journal.identified(chain), /already knows chain/);
  journal.refused(refuse('model.unknown'));
  assert.throws(() => journal.refused(refuse('model.missing')), /already knows refusal/);
});

test('of the head it takes the operation, and neither credentials nor headers', () => {
  const journal = openJournal(arrival, 'd');
  journal.accepted(accepted);
  assert.deepEqual(Object.keys(journal.story).sort(), ['arrival', 'attempt', 'decisionId', 'operation']);
  assert.doesNotMatch(JSON.stringify(journal.story), /secret|a-header/);
});

test('a new page keeps what all attempts share, and nothing of the attempt before', () => {
  const journal = openJournal(arrival, 'd-1');
  journal.accepted(accepted);
  journal.identified(chain);
  journal.recorded();
  journal.refused(refuse('policy.denied'));
  const next = journal.turn('d-2', { number: 2, previous: [] });
  assert.deepEqual(next.story, { arrival, decisionId: 'd-2', attempt: { number: 2, previous: [] }, operation: 'chat', chain });
  assert.equal(next.isRecorded, false);
});
