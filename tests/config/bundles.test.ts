import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { build, changed, refused } from './samples.ts';

const withBundles = (bundles: string) => changed('  bundle: bundle.tar.gz', `  bundles:\n${bundles}`);
const one = (source: string, more = '') => withBundles(`    - { name: rules, source: { ${source} }${more} }\n`);

describe('bundles of the policy', () => {
  test('come from files, directories, web servers and registries', () => {
    const { policy } = build(
      withBundles(`    - { name: rules, source: { file: rules.tar.gz }, roots: [gateway, regate/lib] }
    - { name: words, source: { directory: words } }
    - name: people
      poll: { min_seconds: 10, max_seconds: 20 }
      source:
        http:
          url: https://bundles.example/people
          long_poll_seconds: 60
          authorization: { client_credentials: { token_url: https://id.example/token, client_id: regate, client_secret: { file: secret } } }
          client_certificate: { certificate: c.pem, key: k.pem }
          other_hosts: [objects.example]
    - name: networks
      source: { oci: { reference: "registry.example:5000/team/networks@sha256:${'a'.repeat(64)}", authorization: { basic: { username: u, password: { environment: P } } } } }
`),
    );
    const [rules, words, people, networks] = policy.bundles;
    assert.deepEqual(rules, {
      name: 'rules',
      source: { kind: 'file', path: '/etc/regate/rules.tar.gz' },
      roots: ['gateway', 'regate/lib'],
      poll: { minSeconds: 2, maxSeconds: 2 },
    });
    assert.deepEqual(words?.source, { kind: 'directory', path: '/etc/regate/words' });
    assert.deepEqual(people, {
      name: 'people',
      poll: { minSeconds: 10, maxSeconds: 20 },
      source: {
        kind: 'http',
        url: 'https://bundles.example/people',
        longPollSeconds: 60,
        access: {
          authorization: {
            scheme: 'client-credentials',
            tokenUrl: 'https://id.example/token',
            clientId: 'regate',
            clientSecret: { source: 'file', path: '/etc/regate/secret' },
            scopes: [],
          },
          clientCertificate: { certificate: '/etc/regate/c.pem', key: '/etc/regate/k.pem' },
          otherHosts: ['objects.example'],
          deadlineSeconds: 30,
          maxBytes: 64 << 20,
          insecureHttp: false,
        },
      },
    });
    assert.ok(networks?.source.kind === 'oci');
    const { registry, repository, reference } = networks.source;
    assert.deepEqual([registry, repository, reference], ['registry.example:5000', 'team/networks', `sha256:${'a'.repeat(64)}`]);
    assert.deepEqual(networks.poll, { minSeconds: 60, maxSeconds: 120 });
  });

  const bad: readonly [string, string, string, RegExp][] = [
    [
      'beside the short form',
      changed('  bundle: bundle.tar.gz', '  bundle: b.tar.gz\n  bundles: [{ name: a, source: { file: x } }]'),
      'policy.bundle',
      /exactly one/,
    ],
    ['that are none', changed('  bundle: bundle.tar.gz', '  bundles: []'), 'policy.bundles', /./],
    [
      'of which two have one name',
      withBundles('    - { name: a, source: { file: x } }\n    - { name: a, source: { file: y } }\n'),
      'policy.bundles.1.name',
      /two bundles have this name/,
    ],
    ['with two sources', one('file: x, directory: y'), 'policy.bundles.0.source.directory', /unknown setting/],
    ['over plain http', one('http: { url: http://bundles.example/x }'), 'policy.bundles.0.source.http.url', /plain http/],
    [
      'with a password in the URL',
      one('http: { url: https://u:p@bundles.example/x }'),
      'policy.bundles.0.source.http.url',
      /no user name or password/,
    ],
    [
      'whose token is fetched over plain http',
      one(
        'http: { url: https://b.example/x, authorization: { client_credentials: { token_url: http://id.example/t, client_id: c, client_secret: { environment: S } } } }',
      ),
      'policy.bundles.0.source.http.authorization.client_credentials.token_url',
      /plain http/,
    ],
    [
      'of a registry without a tag',
      one('oci: { reference: registry.example/team/policy }'),
      'policy.bundles.0.source.oci.reference',
      /repository:tag/,
    ],
    [
      'of a registry that is shown a header',
      one('oci: { reference: "r.example/p:1", authorization: { header: { name: x, value: { environment: S } } } }'),
      'policy.bundles.0.source.oci.authorization',
      /basic or bearer/,
    ],
    ['polled backwards', one('file: x', ', poll: { min_seconds: 9, max_seconds: 3 }'), 'policy.bundles.0.poll.max_seconds', /not be less/],
    ['with a root that is a path', one('file: x', ', roots: [/gateway/]'), 'policy.bundles.0.roots.0', /without slashes at the ends/],
  ];
  for (const [what, text, path, says] of bad) {
    test(`${what} are refused`, () => {
      const { problems } = refused(text);
      const found = problems.find((problem) => problem.path === path);
      assert.ok(found !== undefined, JSON.stringify(problems));
      assert.match(found.message, says);
    });
  }

  test('are fetched over plain http where that is asked for, or on this machine', () => {
    build(one('http: { url: http://bundles.example/x, insecure_http: true }'));
    build(one('http: { url: http://127.0.0.1:8000/x }'));
  });
});
