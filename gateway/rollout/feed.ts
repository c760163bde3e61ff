import { createHash } from 'node:crypto';
import { Breakage, BundleBreakage } from '../errors.ts';
import type { BundleConfiguration, BundleFailureKind } from '../vocabulary/bundles.ts';
import type { Clock } from '../vocabulary/clock.ts';
import { makePace } from './pace.ts';
import type { Asked, Source } from './sources/source.ts';

/** A bundle as it came, not yet judged. */
export interface Content {
  readonly bytes: Buffer;
  /** Hex SHA-256. */
  readonly digest: string;
  readonly validator?: string;
}

/** Something is wrong with a bundle. */
export interface Failure {
  readonly kind: BundleFailureKind;
  readonly message: string;
  readonly cause?: unknown;
}

export interface FeedNeeds {
  readonly bundle: Pick<BundleConfiguration, 'name' | 'poll'>;
  readonly source: Source;
  readonly clock: Clock;
  readonly random: () => number;
  /** Calls once, later. Timers that do not keep the process alive, unless given. @returns what calls it off */
  readonly after?: (ms: number, run: () => void) => () => void;
  /** Is told after each look that was not asked for by `ask`. */
  readonly looked: () => void;
}

/** One bundle's source, followed. */
export interface Feed {
  readonly name: string;
  readonly origin: string;
  /** The newest content that came, good or bad. */
  newest(): Content | undefined;
  /** What was wrong with the last look; `undefined` where it went well. */
  failure(): Failure | undefined;
  /** Takes content that is known from before, so that the source is asked only for what is newer. */
  resume(content: Content, confirmedAt: number | undefined): void;
  /** Looks once, now. Calls that overlap share one look. Never throws. */
  ask(): Promise<void>;
  /** Begins to look regularly. */
  follow(): void;
  stop(): void;
  /** When the source last said what it has, in milliseconds since the epoch. */
  confirmedAt(): number | undefined;
  times(): { readonly request?: number; readonly success?: number; readonly download?: number };
}

/** A server that claims to hold its answers back, and does not, is not asked more often than this. */
const leastLongPollMs = 1000;

/** Follows one source. What is wrong with it is kept for the status; nothing is thrown. */
export function makeFeed({ bundle, source, clock, random, after = afterMs, looked }: FeedNeeds): Feed {
  const pace = makePace({ ...bundle.poll, random });
  let newest: Content | undefined;
  let failure: Failure | undefined;
  let failures = 0;
  let longPoll = false;
  let times: { request?: number; success?: number; download?: number } = {};
  let asking: Promise<void> | undefined;
  let stopped = false;
  let cancel: (() => void) | undefined;
  let endWatch: (() => void) | undefined;
  const abort = new AbortController();

  async function look(wait: boolean): Promise<void> {
    times = { ...times, request: clock.now() };
    const { validator } = newest ?? {};
    try {
      const asked = await source.ask({ ...(validator === undefined ? {} : { validator }), wait, signal: abort.signal });
      take(asked);
    } catch (cause) {
      if (stopped) return;
      failures += 1;
      failure = describeFailure(cause, 'unreachable');
    }
  }

  function take({ received, longPoll: held = false }: Asked): void {
    const now = clock.now();
    failures = 0;
    failure = undefined;
    longPoll = held;
    times = { ...times, success: now };
    if (received === undefined) return;
    const digest = createHash('sha256').update(received.bytes).digest('hex');
    if (digest !== newest?.digest) times = { ...times, download: now };
    newest = { ...received, digest };
  }

  function schedule(ms: number): void {
    if (stopped) return;
    cancel?.();
    cancel = after(ms, () => void turn());
  }

  /** One look of the regular ones, and the next one's time. */
  async function turn(): Promise<void> {
    const from = clock.monotonic();
    // A look that somebody else has begun is this one.
    if (asking === undefined && longPoll) await look(true);
    else await ask();
    if (stopped) return;
    looked();
    if (longPoll && failures === 0) schedule(Math.max(0, leastLongPollMs - (clock.monotonic() - from)));
    else schedule(pace.next(failures));
  }

  function ask(): Promise<void> {
    asking ??= look(false).finally(() => {
      asking = undefined;
    });
    return asking;
  }

  return {
    name: bundle.name,
    origin: source.origin,
    newest: () => newest,
    failure: () => failure,
    resume(content, confirmedAt) {
      newest = content;
      if (confirmedAt !== undefined) times = { success: confirmedAt };
    },
    ask,
    follow() {
      // A look that is under way may have begun before the change.
      endWatch ??= source.watch?.(() => void (asking ?? Promise.resolve()).then(ask).then(() => stopped || looked()));
      schedule(longPoll && failures === 0 ? 0 : pace.next(failures));
    },
    stop() {
      stopped = true;
      cancel?.();
      endWatch?.();
      abort.abort();
    },
    confirmedAt: () => times.success,
    times: () => times,
  };
}

/** What an operator reads of a failure, whoever threw it. @param kind of what nobody has put into words */
export function describeFailure(cause: unknown, kind: BundleFailureKind): Failure {
  if (cause instanceof BundleBreakage) return { kind: cause.kind, message: cause.message, cause };
  if (cause instanceof Breakage) return { kind, message: cause.message, cause };
  return { kind, message: 'the bundle failed in a way that nobody foresaw; the cause is in the log', cause };
}

function afterMs(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
