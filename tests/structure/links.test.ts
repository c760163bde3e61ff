import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { root } from './sources.ts';

interface Page {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** Pages for people: those at the top, and all below docs/. */
const pages: readonly Page[] = [
  ...readdirSync(root),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name.replaceAll('\\', '/')}`),
]
  .filter((path) => path.endsWith('.md'))
  .sort()
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

/** Without code, in which brackets and number signs are no Markdown. */
const prose = (text: string) =>
  text.replace(/^( *)(```+|~~~+)[\s\S]*?^\1\2[^\S\n]*$/gm, '').replace(/`[^`\n]*`/g, (code) => '`'.repeat(code.length));

/** Inline links and definitions of reference links; the title after an address is no part of it. */
const linkPattern = /(?<=\])\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\[[^\]]+\]:\s*<?(\S+?)>?$/gm;

function linksOf({ text }: Page): readonly string[] {
  return [...prose(text).matchAll(linkPattern)].map(([, inline, defined]) => inline ?? defined ?? '');
}

/** The anchors of a page as GitHub makes them: lower case, spaces to dashes, punctuation gone, a number behind a heading that comes again. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  const withoutFences = text.replace(/^( *)(```+|~~~+)[\s\S]*?^\1\2[^\S\n]*$/gm, '');
  for (const [, heading = ''] of withoutFences.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    let name = slug;
    for (let again = 1; anchors.has(name); again += 1) name = `${slug}-${again}`;
    anchors.add(name);
  }
  for (const [, id = ''] of text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** What is wrong with a link; `undefined` where it leads somewhere, or out of the repository. */
function faultOf(from: string, link: string): string | undefined {
  if (/^(?:https?|mailto):/.test(link)) return undefined;
  const [address = '', anchor] = link.split('#', 2);
  const target = address === '' ? from : posix.normalize(posix.join(posix.dirname(from), decodeURIComponent(address)));
  if (target.startsWith('..') || address.startsWith('/')) return 'leads out of the repository';
  const place = join(root, target);
  if (!existsSync(place)) return 'leads nowhere';
  if (anchor === undefined) return undefined;
  if (statSync(place).isDirectory() || !target.endsWith('.md')) return 'has an anchor in what is no page';
  return anchorsOf(readFileSync(place, 'utf8')).has(anchor) ? undefined : 'names a heading that is not there';
}

test('every link of a page leads to a file that is there, and its anchor to a heading', () => {
  const wrong = pages.flatMap((page) =>
    linksOf(page).flatMap((link) => {
      const fault = faultOf(page.path, link);
      return fault === undefined ? [] : [`${page.path}: ${link} ${fault}`];
    }),
  );
  assert.deepEqual(wrong, []);
});

test('every guide and every page of the reference can be reached from the README', () => {
  const texts = new Map(pages.map((page) => [page.path, page]));
  const reached = new Set<string>();
  const ahead = ['README.md'];
  for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
    const page = texts.get(path);
    if (page === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const link of linksOf(page)) {
      const [address = ''] = link.split('#', 1);
      if (address !== '') ahead.push(posix.normalize(posix.join(posix.dirname(path), address)));
    }
  }
  const lost = pages.map(({ path }) => path).filter((path) => /^docs\/(?:guides|reference)\//.test(path) && !reached.has(path));
  assert.deepEqual(lost, []);
});

test('the guide to identity names every guide to one of its mechanisms', () => {
  const identity = pages.find(({ path }) => path === 'docs/guides/identity.md');
  assert.ok(identity !== undefined);
  const named = new Set(linksOf(identity).map((link) => link.split('#', 1)[0]));
  const mechanisms = pages
    .map(({ path }) => path.replace('docs/guides/', ''))
    .filter((name) => /^(?:login|workloads)-|^(?:sessions|tokens-for-tools|delegation|virtual-keys|device|location)\.md$/.test(name));
  assert.ok(mechanisms.length >= 12, 'the pattern has lost the guides');
  assert.deepEqual(
    mechanisms.filter((name) => !named.has(name)),
    [],
  );
});

test('the check itself finds what is wrong', () => {
  assert.equal(faultOf('README.md', 'docs/guides/no-such-page.md'), 'leads nowhere');
  assert.equal(faultOf('README.md', 'docs/guides/device.md#no-such-heading'), 'names a heading that is not there');
  assert.equal(faultOf('docs/guides/device.md', '../../../elsewhere.md'), 'leads out of the repository');
  assert.equal(faultOf('docs/guides/identity.md', 'device.md#signed-device-tokens'), undefined);
  assert.deepEqual(linksOf({ path: 'x.md', text: 'a [b](c.md#d) `[no](code.md)`\n\n```\n[no](fence.md)\n```\n[e]: f.md\n' }), [
    'c.md#d',
    'f.md',
  ]);
  assert.deepEqual([...anchorsOf('# A `b`, c!\n## A\n## A\n```\n# not\n```\n')], ['a-b-c', 'a', 'a-1']);
});
