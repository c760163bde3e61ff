import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makePolicy, type PolicyNeeds } from '../../gateway/composition/policy.ts';
import type { RolloutEvent } from '../../gateway/rollout/rollout-port.ts';
import type { BundleConfiguration } from '../../gateway/vocabulary/bundles.ts';
import type { PolicyConfiguration } from '../../gateway/vocabulary/configuration.ts';
import { changedStub, keepingLogger, packBundle } from '../engine/harness.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';

export const answer = 'gateway/decision/answer';

/** The stub without its data, under roots that leave `greeting` and `people` to others. */
export const rules = (revision: string, more: Readonly<Record<string, string>> = {}) =>
  changedStub({
    '/.manifest': JSON.stringify({
      revision,
      roots: ['gateway', 'roles', 'stub', 'system'],
      wasm: [{ entrypoint: answer, module: '/policy.wasm' }],
    }),
    '/data.json': JSON.stringify({ roles: { engineer: ['large'] } }),
    ...more,
  });

/** A bundle that brings data only. */
export const data = (revision: string, content: object, roots: readonly string[] = ['greeting']) =>
  packBundle([
    { name: '/.manifest', content: JSON.stringify({ revision, roots }) },
    { name: '/data.json', content: JSON.stringify(content) },
  ]);

export interface Site {
  readonly folder: string;
  /** A clock that a test moves. */
  readonly clock: { now(): number; monotonic(): number; pass(ms: number): void };
  /** Puts a bundle in place as a deployment does. */
  deploy(name: string, bytes: Uint8Array): Promise<void>;
  withdraw(name: string): void;
  /** A gateway's policy over `rules.tar.gz` and `words.tar.gz`. Each call is a start of its own. */
  open(more?: Partial<PolicyConfiguration>, needs?: Partial<PolicyNeeds>): Opened;
}

export type Opened = ReturnType<typeof makePolicy> & {
  readonly logger: ReturnType<typeof keepingLogger>;
  readonly events: readonly RolloutEvent[];
  greeting(): unknown;
  messageOf(bundle: string): string | undefined;
};

/** A place with bundles, and gateways that are started there one after the other. */
export function openSite(t: TestContext): Site {
  const folder = mkdtempSync(join(tmpdir(), 'regate-rollout-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const bundles: readonly BundleConfiguration[] = ['rules', 'words'].map((name) => ({
    name,
    source: { kind: 'file', path: join(folder, `${name}.tar.gz`) },
    poll: { minSeconds: 60, maxSeconds: 60 },
  }));
  let passed = 0;
  const start = Date.parse('2026-03-01T12:00:00Z');
  const clock = {
    now: () => start + passed,
    monotonic: () => passed,
    pass(ms: number) {
      passed += ms;
    },
  };
  return {
    folder,
    clock,
    async deploy(name, bytes) {
      await writeFile(join(folder, `${name}.new`), bytes);
      await rename(join(folder, `${name}.new`), join(folder, `${name}.tar.gz`));
    },
    withdraw: (name) => rmSync(join(folder, `${name}.tar.gz`)),
    open(more = {}, needs = {}) {
      const logger = keepingLogger();
      const events: RolloutEvent[] = [];
      const policy = makePolicy({
        policy: { bundles, maxMemoryBytes: 64 << 20, maxEvaluationMs: 50, ...more },
        catalogue: sampleCatalogue,
        clock,
        logger,
        note: (event) => events.push(event),
        ...needs,
      });
      t.after(() => policy.stop());
      return {
        ...policy,
        logger,
        events,
        greeting: () =>
          (policy.current()?.evaluate(answer, { request: { path: '/test/data' } }) as { greeting?: unknown } | undefined)?.greeting,
        messageOf: (bundle) => (policy.status().bundles[bundle] ?? assert.fail(`no bundle ${bundle}`)).message,
      };
    },
  };
}
