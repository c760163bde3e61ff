import { readFile, stat } from 'node:fs/promises';
import { makeVerifier } from '../bundle/verifier.ts';
import type { VerifiedBundle } from '../bundle/verify-bundle.ts';
import { Breakage } from '../errors.ts';
import type { Catalogue } from '../vocabulary/catalogue.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { PolicyConfiguration } from '../vocabulary/configuration.ts';
import type { PinnedPolicy } from '../vocabulary/decision.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { type Admitted, admit } from './admit.ts';
import { makeFailures } from './failures.ts';
import { digestOf, nameBundle } from './read-bundle.ts';
import { makeRecentInputs } from './recent-inputs.ts';

export interface EngineNeeds {
  readonly policy: PolicyConfiguration;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Throws an Error, with a message for operators, where an answer is not one that the gateway would believe. */
  readonly checkAnswer: (answer: unknown) => unknown;
  /** Calls `run` again and again until the function that it gives is called. Timers that do not keep the process alive, unless given. */
  readonly every?: (seconds: number, run: () => void) => () => void;
}

/** Field names follow OPA's status API. */
export interface EngineStatus {
  readonly name: string;
  readonly active_revision?: string;
  /** Hex SHA-256 of the active bundle. */
  readonly digest?: string;
  /** RFC 3339, as are the others. */
  readonly last_request?: string;
  readonly last_successful_activation?: string;
  /** Bytes of the active bundle. */
  readonly size?: number;
  /** What the signature of the active bundle says, where one is required. */
  readonly signature?: {
    readonly key_id: string;
    readonly scope: string;
    readonly version?: number /** RFC 3339. */;
    readonly expires_at?: string;
  };
  /** Why the newest bundle is not the active one. */
  readonly code?: string;
  readonly message?: string;
  readonly metrics: {
    readonly activations: number;
    readonly rejections: number;
    /** Evaluations of requests that failed: of a fault, for taking too long, for want of memory. */
    readonly evaluations_failed: number;
    readonly evaluations_out_of_time: number;
    readonly evaluations_out_of_memory: number;
    /** Of the active revision. */
    readonly instances_replaced_after_throw: number;
    readonly instances_replaced_for_size: number;
    readonly memory_bytes: number;
  };
}

export interface Engine {
  /** The active revision, to be pinned by a request for all its evaluations; `undefined` while there is none. */
  current(): PinnedPolicy | undefined;
  /** Looks at the bundle now, and begins to look regularly. Never throws for the bundle's sake. */
  start(): Promise<void>;
  /** Looks at the bundle once. Calls that overlap share one look. */
  refresh(): Promise<void>;
  status(): EngineStatus;
  stop(): void;
}

/**
 * Keeps the newest good revision of one bundle file active. A bundle that cannot be read or is not admitted leaves the previous one in place;
 * with none, `current()` is `undefined` and every request is refused, never let through.
 */
export function makeEngine(needs: EngineNeeds): Engine {
  const { policy, catalogue, clock, logger, checkAnswer, every = everySeconds } = needs;
  const failures = makeFailures(needs);
  const recent = makeRecentInputs();
  const verifier = policy.verification === undefined ? undefined : makeVerifier({ ...policy.verification, clock });
  let active: (Admitted & { readonly size: number; readonly at: number }) | undefined;
  let failure: { readonly message: string; readonly about: string } | undefined;
  let seen: string | undefined;
  let lastRequest: number | undefined;
  let looking: Promise<void> | undefined;
  let stopPolling: (() => void) | undefined;
  const counts = { activations: 0, rejections: 0 };

  /** What a glance at the bundle and the keys shows; a change in any of it makes a closer look worthwhile. */
  async function glance(): Promise<string> {
    // A key that cannot be read is told of when the bundle is to be verified with it.
    const keys = policy.verification?.keys.map(({ path }) => stampOf(path).catch(() => 'unreadable')) ?? [];
    return (await Promise.all([stampOf(policy.bundle), ...keys])).join(' ');
  }

  async function look(): Promise<void> {
    lastRequest = clock.now();
    try {
      const sight = await glance();
      if (sight === seen) return;
      const bytes = await readFile(policy.bundle);
      // Marked as seen only if it was not being written meanwhile.
      seen = (await glance()) === sight ? sight : undefined;
      await consider(bytes);
    } catch (cause) {
      seen = undefined;
      const why =
        cause instanceof Error && 'syscall' in cause && 'code' in cause ? `cannot be read (${String(cause.code)})` : 'broke the engine';
      reject(`the bundle ${why}`, 'file', cause);
    }
  }

  async function consider(bytes: Buffer): Promise<void> {
    const digest = digestOf(bytes);
    if (digest === active?.policy.stamp.digest) {
      failure = undefined;
      return;
    }
    try {
      const name = nameBundle(policy.bundle);
      const admitted = await admit(policy.bundle, bytes, {
        ...(verifier === undefined ? {} : { verification: verifier.demand(name) }),
        catalogue,
        maxMemoryBytes: policy.maxMemoryBytes,
        maxEvaluationMs: policy.maxEvaluationMs,
        clock,
        logger,
        checkAnswer,
        failures,
        recent,
      });
      if (admitted.verified !== undefined) verifier?.keep(name, admitted.verified);
      active = { ...admitted, size: bytes.length, at: clock.now() };
      failure = undefined;
      counts.activations += 1;
      logger.info('A policy revision is active', { ...admitted.policy.stamp });
    } catch (cause) {
      if (!(cause instanceof Breakage)) throw cause;
      reject(cause.message, digest, cause);
    }
  }

  /** @param about what was rejected: the same thing is not reported at every look */
  function reject(message: string, about: string, cause: unknown): void {
    if (failure?.about === about && failure.message === message) return;
    failure = { message, about };
    counts.rejections += 1;
    logger.error(
      active === undefined
        ? 'The policy bundle is not usable and there is no earlier revision: every request is refused'
        : 'The policy bundle is not usable: the earlier revision stays active',
      { bundle: policy.bundle, message, active_revision: active?.policy.stamp.revision, cause },
    );
  }

  function refresh(): Promise<void> {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  return {
    current: () => active?.policy,
    refresh,

    async start() {
      stopPolling ??= every(policy.pollSeconds, () => void refresh());
      await refresh();
    },

    stop() {
      stopPolling?.();
      stopPolling = undefined;
    },

    status() {
      const { stamp } = active?.policy ?? {};
      return {
        name: stamp?.bundle ?? '',
        ...(stamp === undefined ? {} : { active_revision: stamp.revision, digest: stamp.digest }),
        ...(lastRequest === undefined ? {} : { last_request: new Date(lastRequest).toISOString() }),
        ...(active === undefined ? {} : { last_successful_activation: new Date(active.at).toISOString(), size: active.size }),
        ...(active?.verified === undefined ? {} : { signature: describeSignature(active.verified) }),
        ...(failure === undefined ? {} : { code: 'bundle_error', message: failure.message }),
        metrics: {
          ...counts,
          evaluations_failed: failures.counts.error,
          evaluations_out_of_time: failures.counts.deadline,
          evaluations_out_of_memory: failures.counts.memory,
          instances_replaced_after_throw: active?.evaluator.replaced.thrown ?? 0,
          instances_replaced_for_size: active?.evaluator.replaced.grown ?? 0,
          memory_bytes: active?.evaluator.memoryBytes() ?? 0,
        },
      };
    },
  };
}

function everySeconds(seconds: number, run: () => void): () => void {
  const timer = setInterval(run, seconds * 1000);
  timer.unref();
  return () => clearInterval(timer);
}

async function stampOf(path: string): Promise<string> {
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

function describeSignature({ keyId, scope, version, expiresAt }: VerifiedBundle): NonNullable<EngineStatus['signature']> {
  return {
    key_id: keyId,
    scope,
    ...(version !== undefined && { version }),
    ...(expiresAt !== undefined && { expires_at: new Date(expiresAt * 1000).toISOString() }),
  };
}
