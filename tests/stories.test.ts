import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { verifyLog } from '../gateway/ledger/verify-log.ts';
import { judgeStory } from './story/judge.ts';
import { findUnseen, judgeRecords, type SeenMembers } from './story/judge-records.ts';
import { isDecided, isDelivered } from './story/read-log.ts';
import { readStories, readStory } from './story/story.ts';
import { tellStory } from './story/tell.ts';
import { openWorld, type World } from './story/world.ts';

/*
 * Whole requests as stories: tests/cases/<topic>/<what-happens>.yaml. Each runs through a gateway with all its stages, over TLS, with upstreams
 * behind it, and is told by what its caller, the upstreams and the record saw of it.
 */

const stories = readStories(join(import.meta.dirname, 'cases'));
const worlds = new Map<string, Promise<World>>();
/** World → how many lines of each kind its stories wanted. */
const wanted = new Map<World, { decided: number; delivered: number }>();

function worldOf(name: (typeof stories)[number]['world']): Promise<World> {
  const world = worlds.get(name) ?? openWorld({ setting: name });
  worlds.set(name, world);
  return world;
}

for (const story of stories) {
  test(`${story.file}: ${story.story}`, async () => {
    const world = await worldOf(story.world);
    const count = wanted.get(world) ?? { decided: 0, delivered: 0 };
    wanted.set(world, count);
    count.decided += story.want.record.length;
    count.delivered += story.want.delivered.length;
    await judgeStory(story, await tellStory(world, story));
    assert.deepEqual(
      world.lines.filter(({ message }) => message === 'a stage broke'),
      [],
      'no stage broke',
    );
  });
}

/** What the stories of the data port do not come to: other suites do. */
const elsewhere = [
  ...['decided.sinks', 'decided.content', 'delivered.sinks', 'delivered.content', 'decided.nd_builtin_cache'],
  ...['request_id', 'code', 'detail', 'requested_by', 'identity', 'policy', 'context'].map((name) => `administrative.${name}`),
];

test('every entry is as the published schema says, and every member of the schema is written', async () => {
  const seen: SeenMembers = new Map();
  for (const [world] of wanted) {
    await world.gateway.stop();
    judgeRecords(world.readLog().text, seen);
  }
  assert.deepEqual(
    findUnseen(seen).filter((name) => !elsewhere.includes(name) && !name.startsWith('refused-summary.')),
    [],
  );
});

test('the whole log holds, and has no line that no story wants', async () => {
  for (const [world, { decided, delivered }] of wanted) {
    await world.gateway.stop();
    const { entries } = world.readLog();
    assert.deepEqual(
      [entries.filter(isDecided).length, entries.filter(isDelivered).length, entries.length],
      [decided, delivered, decided + delivered],
    );
    const { problems } = await verifyLog({ directory: join(world.directory, 'decisions') });
    assert.deepEqual(problems, []);
  }
});

after(async () => {
  for (const world of worlds.values()) await (await world).close();
});

test('a story with a key that nobody knows, or without a part, is an error', () => {
  const text = `
story: An engineer asks
given: {caller: engineer, request: {to: GET /v1/models}}
want: {status: 200, upstream: [], record: [{}], delivered: [{}]}
`;
  assert.equal(readStory('x.yaml', text).world, 'standard');
  for (const [part, instead] of [
    ['want: {status', 'want: {statuss'],
    ['caller: engineer', 'caller: enginer'],
    [', delivered: [{}]', ''],
    ['upstream: []', 'upstream: [{at: primary, path: /x, bodi: {}}]'],
  ] as const) {
    assert.throws(() => readStory('x.yaml', text.replace(part, instead)), /^Error: x\.yaml\n/, instead);
  }
});

test('there are stories of every topic', () => {
  const topics = new Set(stories.map(({ file }) => file.split('/')[0]));
  assert.ok(stories.length >= 40, `${stories.length} stories`);
  assert.deepEqual(
    [
      'allow',
      'bad-input',
      'context',
      'delegation',
      'deny',
      'listing',
      'obligations',
      'policy-faults',
      'record',
      'routing',
      'upstream',
    ].filter((topic) => !topics.has(topic)),
    [],
  );
});
