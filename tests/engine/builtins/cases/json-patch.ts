import { type Call, product } from './call.ts';

const documents = [
  '{"a":{"b":[1,2,{"c":3}]},"d":"x","":{"e":0},"x/y":1,"t~z":2}',
  '[1,[2,3],{"a":4}]',
  '"s"',
  '{"s": {"x", {"k": 1}, [1, 2]}, 5: "five"}',
  '{1, {"a": 1}}',
];
const paths = [
  '""',
  '"/"',
  '"/a"',
  '"a"',
  '"//a"',
  '"/a/b/0"',
  '"/a/b/-"',
  '"/a/b/3"',
  '"/a/b/4"',
  '"/a/b/01"',
  '"/a/b/1.0"',
  '"/a/b/1.2"',
  '"/a/b/+1"',
  '"/a/b/-1"',
  '"/a/b/2/c"',
  '"/a/b/2/q/r"',
  '"/x~1y"',
  '"/t~0z"',
  '"/0"',
  '"/1/0"',
  '"/-"',
  '["a","b",1]',
  '["s",{"k":1}]',
  '["s",{"k":1},"n"]',
  '["s","x"]',
  '"/s/x"',
  '[5]',
  '[{"a":1},"b"]',
  '[1]',
  '1',
  'null',
  '[]',
];
const one = (op: string, path: string, rest = ''): string => `{"op":"${op}","path":${path}${rest}}`;
const other = '"/a/b"';

export const calls: readonly Call[] = [
  ...product(documents, paths).flatMap(([document = '', path = '']): Call[] => [
    ['json.patch', [document, `[${one('add', path, ',"value":{"n":[9]}')}]`]],
    // The whole document removed and nothing put in its place makes OPA itself crash.
    ...(path === '""' || path === '[]' ? [] : [['json.patch', [document, `[${one('remove', path)}]`]] as const]),
    ['json.patch', [document, `[${one('replace', path, ',"value":"n"')}]`]],
    ['json.patch', [document, `[${one('copy', path, `,"from":${other}`)}]`]],
    ['json.patch', [document, `[${one('copy', '"/d"', `,"from":${path}`)}]`]],
    ...(path === '""' || path === '[]' ? [] : [['json.patch', [document, `[${one('move', '"/new"', `,"from":${path}`)}]`]] as const]),
    ['json.patch', [document, `[${one('test', path, ',"value":2')}]`]],
  ]),
  ['json.patch', ['{"s": {"x", "y"}}', '[{"op": "add", "path": ["s", "z"], "value": "z"}, {"op": "remove", "path": "/s/x"}]']],
  ['json.patch', ['{"s": {"x", "y"}}', '[{"op": "add", "path": ["s", "z"], "value": "w"}]']],
  ['json.patch', ['{{"a": 1}, 2}', '[{"op": "add", "path": [{"a": 1}, "b"], "value": 2}, {"op": "remove", "path": [{"a": 1, "b": 2}]}]']],
  [
    'json.patch',
    [
      '[1,2,3]',
      '[{"op":"remove","path":"/0"},{"op":"remove","path":"/0"},{"op":"add","path":"/0","value":9},{"op":"add","path":"/-","value":8}]',
    ],
  ],
  [
    'json.patch',
    ['{"a":[1]}', '[{"op":"copy","from":"","path":"/b"},{"op":"add","path":"/b/a/0","value":0},{"op":"test","path":"/a","value":[1]}]'],
  ],
  ['json.patch', ['{"a":1}', '[{"op":"test","path":"/a","value":1.0}]']],
  ...[
    '[1]',
    '[{}]',
    '[{"op":"add"}]',
    '[{"op":"add","path":"/a"}]',
    '[{"op":1,"path":"/a"}]',
    '[{"op":"x","path":"/a"}]',
    '[{"op":"copy","path":"/a"}]',
    '[{"op":"test","path":"/a"}]',
    '{}',
    '[]',
    '"x"',
  ].map((operations): Call => ['json.patch', ['{"a":1}', operations]]),
];
