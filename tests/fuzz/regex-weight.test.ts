import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { weighPattern } from '../../gateway/engine/builtins/regex-weight.ts';

/** Instructions of the program; `undefined` where RE2 takes no such pattern. */
function sizeOf(pattern: string): number | undefined {
  try {
    return RE2JS.compile(pattern).programSize();
  } catch {
    return undefined;
  }
}

const pieces = [
  ...['a', 'é', '.', '|', '^', '$', '*', '+', '?', '*?', '(', ')', '(?:', '(?P<n>', '(?i)', '{3}', '{2,}', '{0,9}', '{12,40}', '{', '}'],
  ...[
    '[',
    ']',
    '[^',
    '[a-z]',
    '[]a]',
    '[^]]',
    '[[:alpha:]',
    '[:',
    ':]',
    '\\',
    '\\(',
    '\\)',
    '\\[',
    '\\pL',
    '\\p{Greek}',
    '\\x{1F600}',
    '\\x41',
  ],
  ...['\\Q', '\\E', '\\Q(\\E', '\\Q[\\E', '\\d', '\\b', '-', '{,5}'],
];

describe('the weight of a pattern', () => {
  it('is not much less than the program that it becomes, however the pattern tries to hide its repeats', () => {
    let compiled = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 14 }), (parts) => {
        const pattern = parts.join('');
        const size = sizeOf(pattern);
        if (size === undefined) return;
        compiled += 1;
        assert.ok(weighPattern(pattern) * 2 >= size, `${pattern}: ${weighPattern(pattern)} for a program of ${size}`);
      }),
      { numRuns: 20_000 },
    );
    assert.ok(compiled > 2000, `only ${compiled} of them are patterns`);
  });

  it('is what a person would expect', () => {
    for (const [pattern, size] of [
      ['a{1000}', 1000],
      ['(a{30}){30}', 900],
      ['\\Q(a{1000}\\E', 10],
      ['[(]a{200}[)]{3}', 200],
      ['[[:alpha:](]{9}', 9],
      ['a{12,40}(?i){0,9}', 600],
      ['a{30}\\Q\\E{20}', 600],
    ] as const) {
      const weight = weighPattern(pattern);
      assert.ok(weight >= size && weight < size * 3 + 15, `${pattern}: ${weight}`);
    }
  });
});
