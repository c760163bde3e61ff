import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { readContentKeys } from '../../gateway/ledger/content-keys.ts';
import { openContent, sealContent } from '../../gateway/ledger/sealed-content.ts';

const make = () => randomBytes(32).toString('base64');
const label = { decisionId: '019ca000-0000-7000-8000-000000000001', part: 'prompt' } as const;

test('content that was sealed is opened with its key, whichever key is the newest by then', () => {
  const [first, second] = [make(), make()];
  const [key] = readContentKeys(first);
  const bytes = Buffer.from('{"messages":[{"role":"user","content":"tell nobody"}]}');
  const sealed = sealContent(label, bytes, key);
  assert.ok(!sealed.includes('tell nobody'));
  const opened = openContent(sealed, label, readContentKeys(`# old\n${first}\n\n${second}\n`));
  assert.ok(opened.bytes.equals(bytes));
  assert.equal(opened.key.id, key.id);
  assert.equal(openContent(sealContent(label, Buffer.alloc(0), key), label, [key]).bytes.length, 0);
});

test('every piece has a data key of its own: equal content is not equal on the disk', () => {
  const [key] = readContentKeys(make());
  const bodies = [1, 2].map(() => sealContent(label, Buffer.alloc(64), key));
  const after = (sealed: Buffer | undefined) => sealed?.subarray(sealed.indexOf(10) + 1).toString('hex');
  assert.notEqual(after(bodies[0]), after(bodies[1]));
});

test('a piece cannot be changed, cut off, read with another key, or passed off as that of another decision', () => {
  const [key] = readContentKeys(make());
  const sealed = sealContent(label, Buffer.from('secret prompt'), key);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => openContent(changed, label, [key]), TypeError, `byte ${at}`);
  }
  for (const length of [0, 10, sealed.length - 1]) assert.throws(() => openContent(sealed.subarray(0, length), label, [key]), TypeError);
  assert.throws(() => openContent(sealed, label, readContentKeys(make())), /which is not in the key file/);
  assert.throws(() => openContent(sealed, { ...label, decisionId: 'another' }, [key]), /of another decision/);
  const renamed = Buffer.from(sealed.toString('latin1').replace('8000-000000000001"', '8000-000000000002"'), 'latin1');
  assert.throws(
    () => openContent(renamed, { ...label, decisionId: label.decisionId.replace(/1$/, '2') }, [key]),
    /changed, or lies under another key/,
  );
  assert.throws(() => openContent(sealed, { ...label, part: 'answer' }, [key]), TypeError);
});

test('a digest tells equal content under one key, and nothing without it', () => {
  const [key] = readContentKeys(make());
  const [other] = readContentKeys(make());
  const bytes = Buffer.from('yes');
  assert.equal(key.digest(bytes), key.digest(Buffer.from('yes')));
  assert.notEqual(key.digest(bytes), other.digest(bytes));
});

test('what is no key file is refused, and nothing of it is told', () => {
  for (const text of ['', '# only a comment\n', 'c2hvcnQ=', `${make()}\nnot a key`, make().replace('=', '')]) {
    assert.throws(
      () => readContentKeys(text),
      (error) => error instanceof TypeError && (text === '' || !error.message.includes(text.slice(0, 8))),
    );
  }
});
