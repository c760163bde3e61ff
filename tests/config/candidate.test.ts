import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { summarise } from '../../gateway/cli/config/summarise.ts';
import { build, changed, refused } from './samples.ts';

const withCandidate = (candidate: string, bundle = '  bundle: bundle.tar.gz') =>
  changed('  bundle: bundle.tar.gz', `${bundle}\n  candidate: ${candidate}`);

describe('a candidate policy', () => {
  test('in the shadow goes by the name of the policy that it is to replace', () => {
    const { policy } = build(withCandidate('{ bundle: next.tar.gz, mode: shadow }'));
    assert.deepEqual(policy.candidate, {
      bundles: [{ name: 'regate', source: { kind: 'file', path: '/etc/regate/next.tar.gz' }, poll: { minSeconds: 2, maxSeconds: 2 } }],
      mode: 'shadow',
      queue: 1000,
      canary: { share: 0, identities: [], groups: [], onFailure: 'refuse' },
      approved: [],
    });
  });

  test('as a canary, with all that can be said', () => {
    const configuration = build(
      withCandidate(`
    bundle: next.tar.gz
    poll_seconds: 5
    mode: canary
    queue: 50
    canary: { share: 2.5, identities: ["okta:1"], groups: [pilots], on_failure: active }
    approved: [{ change: allow-to-deny, reason: place.unknown }, { change: route }]
    promote_after: 10000
`),
    );
    const { candidate } = configuration.policy;
    assert.deepEqual(candidate?.canary, { share: 2.5, identities: ['okta:1'], groups: ['pilots'], onFailure: 'active' });
    assert.deepEqual(candidate?.approved, [{ change: 'allow-to-deny', reason: 'place.unknown' }, { change: 'route' }]);
    assert.deepEqual([candidate?.promoteAfter, candidate?.queue, candidate?.bundles[0]?.poll.minSeconds], [10_000, 50, 5]);
    assert.match(
      summarise('x', configuration),
      /candidate +\/etc\/regate\/next\.tar\.gz, decides for 2\.5 % of originators, 1 identity, 1 group\n/,
    );
  });

  const several = '  bundles: [{ name: a, source: { file: a.tar.gz } }, { name: b, source: { file: b.tar.gz } }]';
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['a canary for nobody', withCandidate('{ bundle: n.tar.gz, mode: canary, canary: {} }'), /decides for nobody/],
    ['a canary without people', withCandidate('{ bundle: n.tar.gz, mode: canary }'), /set canary with mode: canary/],
    ['people in the shadow', withCandidate('{ bundle: n.tar.gz, mode: shadow, canary: { share: 5 } }'), /set canary with mode: canary/],
    ['the policy in force itself', withCandidate('{ bundle: bundle.tar.gz, mode: shadow }'), /a file of its own/],
    ['no bundle', withCandidate('{ mode: shadow }'), /exactly one of bundle and bundles/],
    ['a promotion that cannot be', withCandidate('{ bundle: n.tar.gz, mode: shadow, promote_after: 5 }', several), /comes from one file/],
    ['an unknown change', withCandidate('{ bundle: n.tar.gz, mode: shadow, approved: [{ change: all }] }'), /change/],
    ['a share of more than all', withCandidate('{ bundle: n.tar.gz, mode: canary, canary: { share: 101 } }'), /share/],
  ];
  for (const [title, text, message] of wrong) {
    test(`is refused: ${title}`, () => assert.match(refused(text).message, message));
  }
});
