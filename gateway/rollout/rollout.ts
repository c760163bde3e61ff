import { BundleBreakage } from '../errors.ts';
import type { BundleStatus } from '../vocabulary/bundles.ts';
import type { Candidate } from './admission.ts';
import { makeAge } from './age.ts';
import { describeActivation, describeBundle, describeStamp } from './describe-bundle.ts';
import { type Content, describeFailure, type Failure, type Feed, makeFeed } from './feed.ts';
import { makeFailureJournal } from './journal.ts';
import type { Rollout, RolloutNeeds } from './rollout-port.ts';
import { findActivation } from './store/find-activation.ts';

interface Active<Machine> {
  readonly machine: Machine;
  /** By bundle. */
  readonly contents: ReadonlyMap<string, Content>;
  readonly at: ReadonlyMap<string, number>;
}

/** A verdict on a combination. */
interface Refused {
  readonly key: string;
  readonly failure: Failure;
  /** Which one is to blame, where that is known. */
  readonly bundle: string | undefined;
  /** Monotonic: when the same combination is tried again. */
  readonly until: number;
}

/** What could not be kept on disk is tried again after this; a verdict on content stands. */
const storeRetryMs = 30_000;
/** How often it is looked whether another process has rolled back or released. */
const pinLookMs = 2000;
/** With something to go on with, a start does not wait longer for its sources. */
const startPatienceMs = 5000;

/**
 * Keeps the newest good combination of the bundles in force. All are judged together: where one that has come is not fit, nothing changes, so that
 * what was published together is never used by halves. A source that cannot be reached is no verdict on its bundle, of which the active revision
 * then stands for the newest. A request that has begun keeps the policy that it began with.
 */
export function makeRollout<Machine extends Candidate>(needs: RolloutNeeds<Machine>): Rollout<Machine> {
  const { bundles, makeSource, admission, store, note, clock, logger, random = Math.random, after = afterMs } = needs;
  const journal = makeFailureJournal(logger);
  const feeds = bundles.map((bundle) =>
    makeFeed({ bundle, source: makeSource(bundle), clock, random, looked: () => void settle(), after }),
  );
  const age = makeAge({ feeds, maxAgeMs: needs.maxAgeMs, clock, logger });
  let active: Active<Machine> | undefined;
  let refused: Refused | undefined;
  let pinned: string | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let queued: Promise<void> | undefined;
  let askedFor = '';
  let stopped = false;
  let endPinLook: (() => void) | undefined;
  const counts = { activations: 0, rejections: 0 };

  const digestInForce = () => active?.machine.policy.stamp.digest;
  const isNew = (name: string, content: Content | undefined) =>
    content !== undefined && content.digest !== active?.contents.get(name)?.digest;

  /** One at a time: judgements and what operators ask for. */
  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = queue.then(run);
    queue = done.catch(() => undefined);
    return done;
  }

  /** A source has been looked at. Where it has news, the others are asked, too: what was published together is to be found together. */
  async function settle(): Promise<void> {
    const news = feeds.flatMap(({ name, newest: content }) => (isNew(name, content()) ? [content()?.digest] : [])).join(' ');
    // Once for each piece of news: one that is refused stays new for as long as nobody repairs it.
    if (news !== '' && news !== askedFor && pinned === undefined) {
      askedFor = news;
      const others = feeds.filter((feed) => !isNew(feed.name, feed.newest()) && feed.failure() === undefined);
      await Promise.all(others.map((feed) => feed.ask()));
    }
    await consider();
  }

  /** Judges what has come. Calls that come before it has begun share one judgement. */
  function consider(): Promise<void> {
    queued ??= inTurn(async () => {
      queued = undefined;
      if (stopped) return;
      await judge();
      for (const feed of feeds) journal.note(feed.name, failureOf(feed.name), describe(feed).active_revision);
      age.look(pinned !== undefined);
      await keepConfirmed();
    });
    return queued;
  }

  async function judge(): Promise<void> {
    let key = '';
    try {
      pinned = await store?.pinned();
      if (pinned !== undefined && pinned === digestInForce()) return;
      const contents = pinned === undefined ? newest() : await contentsOfPin(pinned);
      if (contents === undefined) return;
      if (![...contents].some(([name, content]) => isNew(name, content))) {
        refused = undefined;
        return;
      }
      key = [pinned, await admission.sight(), ...[...contents.values()].map(({ digest }) => digest)].join(' ');
      if (key === refused?.key && clock.monotonic() < refused.until) return;
      await activate(await admission.admit(contents, pinned !== undefined), contents);
    } catch (cause) {
      reject(key, cause);
    }
  }

  function reject(key: string, cause: unknown): void {
    const failure = describeFailure(cause, 'admission');
    const bundle = cause instanceof BundleBreakage ? cause.bundle : undefined;
    const known = refused?.failure.message === failure.message && refused.key === key;
    const until = failure.kind === 'store' ? clock.monotonic() + storeRetryMs : Number.POSITIVE_INFINITY;
    refused = { key, failure, bundle, until };
    if (known) return;
    counts.rejections += 1;
    const newDigests = Object.fromEntries(
      feeds.flatMap(({ name, newest: content }) => (isNew(name, content()) ? [[name, content()?.digest]] : [])),
    );
    note({
      action: 'bundles.reject',
      stamp: active?.machine.policy.stamp,
      ...(bundle === undefined ? {} : { bundle }),
      detail: failure.message,
      parameters: { kind: failure.kind, digests: newDigests },
    });
  }

  /** `undefined` until every source has brought something. */
  function newest(): ReadonlyMap<string, Content> | undefined {
    const contents = feeds.flatMap((feed) => {
      const content = feed.newest();
      return content === undefined ? [] : [[feed.name, content] as const];
    });
    return contents.length < feeds.length ? undefined : new Map(contents);
  }

  async function contentsOfPin(digest: string): Promise<ReadonlyMap<string, Content>> {
    const kept = store?.activations().find((one) => one.digest === digest);
    if (store === undefined || kept === undefined) {
      throw new BundleBreakage('store', 'the gateway is held to a combination that is not kept any more; roll back to another, or release');
    }
    return store.contentsOf(kept);
  }

  /** Keeps what is to be in force, then the swap: one assignment, between two requests. */
  async function activate(machine: Machine, contents: ReadonlyMap<string, Content>): Promise<void> {
    const now = clock.now();
    const { stamp } = machine.policy;
    if (pinned === undefined) {
      await store?.save(describeActivation(stamp, contents, now), contents, age.times());
      admission.keep(machine);
    }
    const at = new Map([...contents].map(([name, content]) => [name, isNew(name, content) ? now : (active?.at.get(name) ?? now)]));
    const before = digestInForce();
    active = { machine, contents, at };
    refused = undefined;
    counts.activations += 1;
    logger.info('A policy revision is active', { ...stamp, ...(pinned === undefined ? {} : { pinned: true }) });
    note({
      action: 'bundles.activate',
      stamp,
      parameters: { digest: stamp.digest, ...(before && { before }), pinned: pinned !== undefined },
    });
  }

  /** So that a restart knows how old what is kept is. Told when it fails, and tried again. */
  async function keepConfirmed(): Promise<void> {
    if (store === undefined || active === undefined || !age.isWorthKeeping()) return;
    try {
      await store.confirm(age.times());
      age.kept();
    } catch (cause) {
      logger.warn('It could not be kept on disk when the bundles were last confirmed', { cause });
    }
  }

  function failureOf(name: string): Failure | undefined {
    const feed = feeds.find((one) => one.name === name);
    const own = feed?.failure();
    if (own !== undefined || refused === undefined) return own;
    const toBlame =
      refused.bundle === undefined ? isNew(name, feed?.newest()) || refused.failure.kind === 'store' : refused.bundle === name;
    return toBlame ? refused.failure : undefined;
  }

  async function refresh(): Promise<void> {
    await Promise.all(feeds.map((feed) => feed.ask()));
    await consider();
  }

  /** Takes up where the last run ended, before any source has answered. */
  async function restore(): Promise<void> {
    if (store === undefined) return;
    try {
      await store.open();
      const [last] = store.activations();
      if (last === undefined) return;
      const contents = await store.contentsOf(last);
      for (const feed of feeds) {
        const content = contents.get(feed.name);
        if (content !== undefined) feed.resume(content, store.confirmedAt(feed.name));
      }
    } catch (cause) {
      logger.error('What was in force before cannot be taken up; the sources must be there', { cause });
    }
    await consider();
  }

  function lookAtPin(): void {
    endPinLook = after(pinLookMs, () => {
      void store
        ?.pinned()
        .catch(() => undefined)
        .then((digest) => (digest === pinned ? undefined : consider()))
        .then(() => stopped || lookAtPin());
    });
  }

  return {
    current: () => (active === undefined || age.isOver(pinned !== undefined) ? undefined : active.machine.policy),
    machine: () => active?.machine,
    refresh,
    async start() {
      await restore();
      const looked = refresh();
      await (active === undefined ? looked : Promise.race([looked, new Promise<void>((resolve) => void after(startPatienceMs, resolve))]));
      for (const feed of feeds) feed.follow();
      if (store !== undefined) lookAtPin();
    },
    revisions: () => store?.activations() ?? [],
    rollBack: (named) =>
      inTurn(async () => {
        const kept = findActivation(store?.activations() ?? [], named);
        if (store === undefined) return { problem: 'no store is configured, so that no revision is kept' };
        if ('problem' in kept) return kept;
        const before = pinned;
        try {
          const contents = await store.contentsOf(kept);
          const machine = kept.digest === digestInForce() ? undefined : await admission.admit(contents, true);
          await store.pin(kept.digest);
          pinned = kept.digest;
          if (machine !== undefined) await activate(machine, contents);
          return kept;
        } catch (cause) {
          pinned = before;
          return { problem: describeFailure(cause, 'admission').message };
        }
      }),
    async release() {
      await inTurn(async () => store?.pin(undefined));
      await consider();
    },
    stop() {
      stopped = true;
      endPinLook?.();
      for (const feed of feeds) feed.stop();
    },
    status: () => ({
      ...describeStamp(active?.machine.policy.stamp),
      ...(pinned === undefined ? {} : { pinned }),
      ...(active !== undefined && age.isOver(pinned !== undefined) ? { stale: true } : {}),
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

function afterMs(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
