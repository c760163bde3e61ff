import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { jsonProblem, scanJson } from '../../gateway/json/scan.ts';

const limits = { maxDepth: 8, maxValues: 100 };
const scan = (text: string | Uint8Array) => scanJson(typeof text === 'string' ? Buffer.from(text) : text, limits);

suite('scanJson: what it accepts', () => {
  for (const text of [
    '{}',
    ' \t\r\n{ } \n',
    '{"a":1}',
    '{"a":-0,"b":0.5,"c":1e9,"d":1E-2,"e":-1.25e+3}',
    '{"a":[],"b":[[]],"c":{},"d":[{}, {"x":[1 , 2]}]}',
    '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"}',
    '{"a":"\\ud83d\\ude00","b":"😀"}',
    '{"a":true,"b":false,"c":null}',
    '{"":0,"__proto__":1,"constructor":2}',
    '{"a":{"x":1},"b":{"x":1}}',
    '{"a":"\u007f\u2028"}',
  ]) {
    test(text, () => {
      const scanned = scan(text);
      assert.ok('members' in scanned, JSON.stringify(scanned));
      const value = JSON.parse(text) as Record<string, unknown>;
      assert.deepEqual([...scanned.members.keys()], Object.keys(value));
      for (const [name, span] of scanned.members) {
        const bytes = Buffer.from(text);
        assert.deepEqual(JSON.parse(bytes.toString('utf8', span.valueStart, span.valueEnd)), value[name]);
        assert.equal(bytes[span.keyStart], 0x22);
      }
    });
  }
});

suite('scanJson: what it refuses, and where', () => {
  const rows: readonly [string, string, number][] = [
    ['', 'json.malformed', 0],
    ['{', 'json.malformed', 1],
    ['{"a"}', 'json.malformed', 4],
    ['{"a":}', 'json.malformed', 5],
    ['{"a":1,}', 'json.malformed', 7],
    ['{,"a":1}', 'json.malformed', 1],
    ['{"a":1 "b":2}', 'json.malformed', 7],
    ['{"a":[1,]}', 'json.malformed', 8],
    ['{"a":[1}', 'json.malformed', 7],
    ['{"a":{"b":1]}', 'json.malformed', 11],
    ['{"a":1}x', 'json.malformed', 7],
    ['{"a":1}{}', 'json.malformed', 7],
    ["{'a':1}", 'json.malformed', 1],
    ['{a:1}', 'json.malformed', 1],
    ['{"a":01}', 'json.malformed', 6],
    ['{"a":+1}', 'json.malformed', 5],
    ['{"a":.5}', 'json.malformed', 5],
    ['{"a":1.}', 'json.malformed', 7],
    ['{"a":1e}', 'json.malformed', 7],
    ['{"a":-}', 'json.malformed', 6],
    ['{"a":NaN}', 'json.malformed', 5],
    ['{"a":nul}', 'json.malformed', 5],
    ['{"a":True}', 'json.malformed', 5],
    ['{"a":"\n"}', 'json.malformed', 6],
    ['{"a":"\\x"}', 'json.malformed', 6],
    ['{"a":"\\u12g4"}', 'json.malformed', 6],
    ['{"a":"abc', 'json.malformed', 9],
    ['{"a\n":1}', 'json.malformed', 3],
    ['{/**/}', 'json.malformed', 1],
    ['\ufeff{}', 'json.malformed', 0],
    ['[]', 'json.not-object', 0],
    ['"a"', 'json.not-object', 0],
    [' 1', 'json.not-object', 1],
    ['null', 'json.not-object', 0],
    ['{"a":1,"a":2}', 'json.duplicate-key', 7],
    ['{"a":1,"\\u0061":2}', 'json.duplicate-key', 7],
    ['{"\\u0061":1,"a":2}', 'json.duplicate-key', 12],
    ['{"é":1,"\\u00e9":2}', 'json.duplicate-key', 8],
    ['{"x":{"a":1,"b":{"a":1},"a":2}}', 'json.duplicate-key', 24],
    ['{"a":"\\ud800"}', 'json.lone-surrogate', 6],
    ['{"a":"\\udc00"}', 'json.lone-surrogate', 6],
    ['{"a":"\\ud800\\ud800"}', 'json.lone-surrogate', 6],
    ['{"a":"\\ud800x"}', 'json.lone-surrogate', 6],
    ['{"a":"\\udc00\\udc00"}', 'json.lone-surrogate', 6],
    ['{"\\udead":1}', 'json.lone-surrogate', 2],
    [`{"a":${'['.repeat(8)}${']'.repeat(8)}}`, 'json.too-deep', 12],
    [`{"a":[${'0,'.repeat(100)}0]}`, 'json.too-many-values', 202],
  ];
  for (const [text, problem, offset] of rows) test(JSON.stringify(text), () => assert.deepEqual(scan(text), { problem, offset }));

  test('bytes that are not UTF-8', () => {
    assert.deepEqual(scan(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), { problem: 'json.not-utf8', offset: 0 });
    // A surrogate in UTF-8 (CESU-8), which is not UTF-8.
    assert.deepEqual(scan(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')])), {
      problem: 'json.not-utf8',
      offset: 0,
    });
  });

  test('exactly the limit of depth and of values passes', () => {
    assert.ok('members' in scan(`{"a":${'['.repeat(7)}${']'.repeat(7)}}`));
    assert.ok('members' in scan(`{"a":[${'0,'.repeat(97)}0]}`));
  });
});

suite('duplicates among many keys', () => {
  for (const count of [7, 8, 9, 20]) {
    for (const again of [0, count - 1]) {
      test(`key ${again} of ${count} comes again`, () => {
        const keys = Array.from({ length: count }, (_, i) => `"k${i}":0`);
        assert.ok('members' in scan(`{"in":{${keys.join()}}}`));
        const twice = scan(`{"in":{${keys.join()},"k${again}":1}}`);
        assert.equal('problem' in twice && twice.problem, 'json.duplicate-key');
        const escaped = scan(`{"in":{${keys.join()},"\\u006b${again}":1}}`);
        assert.equal('problem' in escaped && escaped.problem, 'json.duplicate-key');
      });
    }
  }

  test('keys with the same hash are not the same key', () => {
    // 31 * 'A' + 'a' = 31 * 'B' + 'B'
    assert.ok('members' in scan('{"Aa":1,"BB":2}'));
    assert.equal('problem' in scan('{"Aa":1,"BB":2,"Aa":3}'), true);
  });
});

test('jsonProblem: the verdict alone, with the bounds of a token', () => {
  assert.equal(jsonProblem(Buffer.from('{"alg":"RS256","kid":"1"}')), undefined);
  assert.equal(jsonProblem(Buffer.from('{"sub":"a","sub":"b"}')), 'json.duplicate-key');
  assert.equal(jsonProblem(Buffer.from(`{"a":${'['.repeat(16)}${']'.repeat(16)}}`)), 'json.too-deep');
});

test('a view into a larger buffer is read by its own bounds', () => {
  const whole = Buffer.from('xx{"model":"a"}yy');
  const scanned = scanJson(new Uint8Array(whole.buffer, whole.byteOffset + 2, 13), limits);
  assert.ok('members' in scanned);
  assert.deepEqual([...scanned.members], [['model', { keyStart: 1, valueStart: 9, valueEnd: 12 }]]);
});
