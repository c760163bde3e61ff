import { type Call, product, text } from './call.ts';

const operands = [
  '0',
  '-1',
  '42',
  '65',
  '128512',
  '1114112',
  '9223372036854775807',
  '9223372036854775808',
  '-123456789012345678901234567890',
  '0.5',
  '2.5',
  '-0.5',
  '3.14159',
  '1e21',
  '1e-7',
  '1234567.0',
  '1e400',
  '0.1',
  '99.995',
  '5e-324',
  '""',
  '"a"',
  '"grüße 😀"',
  '"a\\"b\\n\\u0001`"',
  'null',
  'true',
  '[1,"a",[2]]',
  '{"b":1,"a":{"c":[]}}',
  '{}',
];
const verbs = ['v', 'd', 's', 'q', 't', 'x', 'X', 'o', 'O', 'b', 'c', 'e', 'f', 'F', 'g', 'G', 'T', 'U', 'E', 'z'];
const flags = ['', '+', '#', '08', '-8.1', '# ', '+08.2', '.0', '#.3'];

const formats = [
  '%',
  '%%',
  '%5%',
  '%!',
  'abc',
  '%d %d',
  '%[2]d %[1]d',
  '%[3]d',
  '%[x]d',
  '%[2]*[1]d',
  '%*d',
  '%.*f',
  '%[1]',
  '%[',
  '%[1',
  '%.',
  '%.d',
  '%-',
  '%[2]d %d',
  '%[0]d',
  '%[1]2d',
  '%[1].2f',
  '%100000001d',
  '%😀',
  'ü%dü',
  '%d%s%v%',
  '%v %v %v',
  '%*',
  '%.[2]*[1]f',
  '%0*d',
];
const lists = ['[]', '[1]', '[5,2]', '["x",3]', '[3.5,2]', '[99999999,1]', '[-5,-1]', '[[1],2]'];

export const calls: readonly Call[] = [
  ...product(flags, verbs, operands)
    // Not everything with everything: a third shows as much.
    .filter((_, index) => index % 3 === 0)
    .map(([flag, verb, operand]): Call => ['sprintf', [text(`%${flag}${verb}`), `[${operand}]`]]),
  ...product(formats, lists).map(([format = '', list = '']): Call => ['sprintf', [text(format), list]]),
  ['sprintf', ['"%v %s"', '[{3, 1, {"b", "a"}}, set()]']],
  ['sprintf', ['"%v"', '[{{"z": 1}: {2, 1}, 3: "x", "a": null}]']],
  ['sprintf', ['1', '[]']],
  ['sprintf', ['"%v"', '"x"']],
];
