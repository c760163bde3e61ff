import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeMetrics } from '../../gateway/observe/metrics.ts';

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

const { panels } = JSON.parse(readFileSync(join(import.meta.dirname, '../../deploy/grafana/regate.json'), 'utf8')) as { panels: Panel[] };

test('the dashboard asks only for metrics that the gateway has', async () => {
  const text = await makeMetrics().text();
  const known = new Set(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
  const asked = panels.flatMap(({ title, targets }) =>
    targets.flatMap(({ expr }) => [...expr.matchAll(/regate_[a-z_]+/g)].map(([name]) => ({ title, name }))),
  );
  assert.ok(asked.length > 15);
  assert.deepEqual(
    asked.filter(({ name }) => !known.has(name)),
    [],
  );
});

test('no two panels lie on each other', () => {
  const places = (panels as unknown as { gridPos: { x: number; y: number; w: number; h: number } }[]).map(({ gridPos }) => gridPos);
  for (const [index, one] of places.entries()) {
    for (const other of places.slice(index + 1)) {
      const apart = one.x + one.w <= other.x || other.x + other.w <= one.x || one.y + one.h <= other.y || other.y + other.h <= one.y;
      assert.ok(apart, JSON.stringify([one, other]));
    }
  }
});
