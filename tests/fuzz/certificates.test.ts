import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MalformedDer } from '../../gateway/certificates/der.ts';
import { readCertificate } from '../../gateway/certificates/read-certificate.ts';
import { readRevocationLists } from '../../gateway/certificates/revocation-list.ts';
import { mesh, spiffe, verdict } from '../certificates/bench.ts';

const { der } = await mesh.issue({ names: spiffe() });
const list = Buffer.from((await mesh.revoke(['0abc'])).replace(/-----[^-]+-----|\s/g, ''), 'base64');
const change = (bytes: Buffer) =>
  fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }).map((edits) => {
    const copy = Buffer.from(bytes);
    for (const [at, octet] of edits) copy[at] = octet;
    return copy;
  });

/** Reads, or says that the bytes are malformed; any other error is a failure. */
function survives(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof MalformedDer, String(error));
  }
}

test('any bytes are a certificate or malformed', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), change(der)), (bytes) => survives(() => readCertificate(bytes))),
    { numRuns: 2000 },
  );
});

test('any bytes are revocation lists or malformed', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), change(list));
  fc.assert(
    fc.property(bytes, (each) => survives(() => readRevocationLists(Buffer.from(each)))),
    { numRuns: 2000 },
  );
});

test('a certificate that was changed is not accepted', () => {
  fc.assert(
    fc.property(change(der), (bytes) => {
      if (!bytes.equals(der)) assert.doesNotMatch(verdict({ der: bytes }), /^(workload|device):/);
    }),
    { numRuns: 500 },
  );
});
