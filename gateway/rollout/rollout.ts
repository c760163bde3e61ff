import { BundleBreakage } from '../errors.ts';
import type { BundleConfiguration, BundleStatus } from '../vocabulary/bundles.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { PinnedPolicy, PolicyStamp } from '../vocabulary/decision.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Admission, Candidate } from './admission.ts';
import { describeBundle } from './describe-bundle.ts';
import { type Content, describeFailure, type Failure, type Feed, type FeedNeeds, makeFeed } from './feed.ts';
import { type FailureCounts, makeFailureJournal } from './journal.ts';
import type { Source } from './sources/source.ts';

export interface RolloutNeeds<Machine extends Candidate> {
  readonly bundles: readonly BundleConfiguration[];
  readonly makeSource: (bundle: BundleConfiguration) => Source;
  /** Makes a policy of one bundle each; throws a Breakage where they are not fit to decide. */
  readonly admission: Admission<Machine>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random?: () => number;
  readonly after?: FeedNeeds['after'];
}

export interface RolloutStatus {
  /** The bundle that holds the policy. */
  readonly name?: string;
  readonly active_revision?: string;
  /** As stamped on decisions: over all bundles. */
  readonly digest?: string;
  readonly bundles: Readonly<Record<string, BundleStatus>>;
  readonly activations: number;
  readonly rejections: number;
  /** Bundle → kind → how often it has begun. */
  readonly failures: FailureCounts;
}

export interface Rollout<Machine> {
  /** The policy in force, to be pinned by a request for all its evaluations; `undefined` while there is none. */
  current(): PinnedPolicy | undefined;
  machine(): Machine | undefined;
  /** Looks at all sources now, and begins to follow them. Never throws for a bundle's sake. */
  start(): Promise<void>;
  /** Looks at all sources once, and considers what is there. */
  refresh(): Promise<void>;
  status(): RolloutStatus;
  stop(): void;
}

interface Active<Machine> {
  readonly machine: Machine;
  /** By bundle. */
  readonly contents: ReadonlyMap<string, Content>;
  readonly at: ReadonlyMap<string, number>;
}

/**
 * Keeps the newest good combination of the bundles in force. All are judged together: where one that has come is not fit, nothing changes, so that
 * what was published together is never used by halves. A source that cannot be reached is no verdict on its bundle, of which the active revision
 * then stands for the newest. A request that has begun keeps the policy that it began with.
 */
export function makeRollout<Machine extends Candidate>(needs: RolloutNeeds<Machine>): Rollout<Machine> {
  const { bundles, makeSource, admission, clock, logger, random = Math.random } = needs;
  const journal = makeFailureJournal(logger);
  const feeds = bundles.map((bundle) =>
    makeFeed({
      bundle,
      source: makeSource(bundle),
      clock,
      random,
      looked: () => void settle(),
      ...(needs.after === undefined ? {} : { after: needs.after }),
    }),
  );
  let active: Active<Machine> | undefined;
  let refused: { readonly key: string; readonly failure: Failure; readonly bundle: string | undefined } | undefined;
  let considering: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  const counts = { activations: 0, rejections: 0 };

  const isNew = (name: string, content: Content | undefined) =>
    content !== undefined && content.digest !== active?.contents.get(name)?.digest;

  /** A source has been looked at. Where it has news, the others are asked, too: what was published together is to be found together. */
  async function settle(): Promise<void> {
    if (feeds.some((feed) => isNew(feed.name, feed.newest()))) {
      await Promise.all(
        feeds.filter((feed) => feed.failure() === undefined).map((feed) => (isNew(feed.name, feed.newest()) ? undefined : feed.ask())),
      );
    }
    await consider();
  }

  /** Judges what has come. Calls that overlap share one judgement, and it is made anew where something came meanwhile. */
  function consider(): Promise<void> {
    if (considering !== undefined) {
      again = true;
      return considering;
    }
    considering = (async () => {
      do {
        again = false;
        await judge();
      } while (again && !stopped);
    })().finally(() => {
      considering = undefined;
      for (const feed of feeds) report(feed.name);
    });
    return considering;
  }

  async function judge(): Promise<void> {
    const contents = new Map<string, Content>();
    for (const feed of feeds) {
      const content = feed.newest();
      if (content === undefined) return;
      contents.set(feed.name, content);
    }
    if (![...contents].some(([name, content]) => isNew(name, content))) {
      refused = undefined;
      return;
    }
    const key = [await admission.sight(), ...[...contents.values()].map(({ digest }) => digest)].join(' ');
    if (key === refused?.key) return;
    try {
      const machine = await admission.admit(contents);
      admission.keep(machine);
      activate(machine, contents);
    } catch (cause) {
      refused = { key, failure: describeFailure(cause, 'admission'), bundle: cause instanceof BundleBreakage ? cause.bundle : undefined };
      counts.rejections += 1;
    }
  }

  /** The swap: one assignment, between two requests. */
  function activate(machine: Machine, contents: ReadonlyMap<string, Content>): void {
    const now = clock.now();
    const at = new Map([...contents].map(([name, content]) => [name, isNew(name, content) ? now : (active?.at.get(name) ?? now)]));
    active = { machine, contents, at };
    refused = undefined;
    counts.activations += 1;
    logger.info('A policy revision is active', { ...machine.policy.stamp });
  }

  function failureOf(name: string): Failure | undefined {
    const feed = feeds.find((one) => one.name === name);
    const own = feed?.failure();
    if (own !== undefined || refused === undefined) return own;
    const toBlame = refused.bundle === undefined ? isNew(name, feed?.newest()) : refused.bundle === name;
    return toBlame ? refused.failure : undefined;
  }

  function report(name: string): void {
    journal.note(name, failureOf(name), active?.machine.policy.stamp.revision);
  }

  async function refresh(): Promise<void> {
    await Promise.all(feeds.map((feed) => feed.ask()));
    await consider();
  }

  return {
    current: () => active?.machine.policy,
    machine: () => active?.machine,
    refresh,
    async start() {
      await refresh();
      for (const feed of feeds) feed.follow();
    },
    stop() {
      stopped = true;
      for (const feed of feeds) feed.stop();
    },
    status: () => ({
      ...describeStamp(active?.machine.policy.stamp),
      bundles: Object.fromEntries(feeds.map((feed) => [feed.name, describe(feed)])),
      ...counts,
      failures: journal.counts(),
    }),
  };

  function describe(feed: Feed): BundleStatus {
    const content = active?.contents.get(feed.name);
    return describeBundle({
      name: feed.name,
      times: feed.times(),
      failure: failureOf(feed.name),
      ...(active === undefined || content === undefined
        ? {}
        : {
            active: {
              content,
              policy: active.machine.policy,
              verified: active.machine.verified.get(feed.name),
              at: active.at.get(feed.name),
            },
          }),
    });
  }
}

function describeStamp(stamp: PolicyStamp | undefined): Pick<RolloutStatus, 'name' | 'active_revision' | 'digest'> {
  return stamp === undefined ? {} : { name: stamp.bundle, active_revision: stamp.revision, digest: stamp.digest };
}
