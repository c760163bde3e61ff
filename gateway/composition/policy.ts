import { stat } from 'node:fs/promises';
import { makeVerifier } from '../bundle/verifier.ts';
import type { Admitted } from '../engine/admit.ts';
import { hostBuiltinNames } from '../engine/builtins/registry.ts';
import { type Engine, type EngineMetrics, makeEngine } from '../engine/engine.ts';
import type { CandidateBundle } from '../engine/prepare.ts';
import { readAnswer } from '../pipeline/decide/read-answer.ts';
import { makeAdmission, type Signatures } from '../rollout/admission.ts';
import type { FeedNeeds } from '../rollout/feed.ts';
import { makeRollout } from '../rollout/rollout.ts';
import type { Rollout, RolloutEvent, RolloutStatus } from '../rollout/rollout-port.ts';
import { makeStatusReport } from '../rollout/status-report.ts';
import { type Disk, localDisk } from '../rollout/store/disk.ts';
import { makeStore } from '../rollout/store/store.ts';
import { readModule, toolchainDirectory } from '../toolchain/read-module.ts';
import { makeToolchain } from '../toolchain/toolchain.ts';
import type { Catalogue } from '../vocabulary/catalogue.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { PolicyConfiguration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { VerificationConfiguration } from '../vocabulary/verification.ts';
import { makeClient, makeSource } from './bundle-sources.ts';
import { makeCompileBundle } from './compile-bundle.ts';

export interface PolicyNeeds {
  readonly policy: PolicyConfiguration;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where the secrets of sources may be kept. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Is told what becomes of bundles, for the record. */
  readonly note?: (event: RolloutEvent) => void;
  /** Tells a status service which gateway it is. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The disk of the store. */
  readonly disk?: Disk;
  /** Timers, for tests. */
  readonly after?: FeedNeeds['after'];
}

/** The policy in force, how it got there, and the machines that run it. */
export interface Policy extends Omit<Rollout<Admitted>, 'status'> {
  readonly engine: Engine;
  /** Compiles what brings only Rego, where that is allowed. */
  readyBundles(bundles: readonly CandidateBundle[]): Promise<readonly CandidateBundle[]>;
  status(): RolloutStatus & { readonly metrics: EngineMetrics };
}

/** Composes what brings policies from their sources to where they decide. */
export function makePolicy(needs: PolicyNeeds): Policy {
  const { policy, catalogue, clock, logger, environment = {}, note = () => undefined, labels = {}, disk = localDisk, after } = needs;
  const engine = makeEngine({ policy, catalogue, clock, logger, checkAnswer: readAnswer });
  const compileBundle = makeCompileBundle({
    toolchain: makeToolchain({ readModule: () => readModule(toolchainDirectory()) }),
    hostBuiltins: hostBuiltinNames,
  });
  const readyBundles = async (bundles: readonly CandidateBundle[]) =>
    policy.compile === true ? Promise.all(bundles.map(compileBundle)) : bundles;
  const rollout = makeRollout({
    bundles: policy.bundles,
    makeSource: (bundle) => makeSource(bundle, { environment, clock, logger }),
    admission: makeAdmission({
      bundles: policy.bundles,
      admit: async (bundles) => engine.admit(await readyBundles(bundles)),
      signaturesOf: makeSignaturesOf(policy, clock),
    }),
    ...(policy.store === undefined ? {} : { store: makeStore({ ...policy.store, disk, logger }) }),
    ...(policy.store?.maxAgeSeconds === undefined ? {} : { maxAgeMs: policy.store.maxAgeSeconds * 1000 }),
    note(event) {
      note(event);
      report?.changed();
    },
    clock,
    logger,
    ...(after === undefined ? {} : { after }),
  });
  const report =
    policy.status &&
    makeStatusReport({
      ...policy.status,
      call: makeClient(policy.status.access, { environment, clock, logger }),
      labels,
      status: rollout.status,
      logger,
      ...(after === undefined ? {} : { after }),
    });
  return {
    ...rollout,
    async start() {
      await rollout.start();
      report?.start();
    },
    stop() {
      report?.stop();
      rollout.stop();
    },
    engine,
    readyBundles,
    status: () => ({ ...rollout.status(), metrics: engine.metrics(rollout.machine()) }),
  };
}

/** Each bundle bears the signature that is demanded of it, or of all. */
function makeSignaturesOf({ bundles, verification }: PolicyConfiguration, clock: Clock): (bundle: string) => Signatures | undefined {
  const ofAll = verification && makeSignatures(verification, clock);
  const own = new Map(
    bundles.flatMap((bundle) =>
      bundle.verification === undefined ? [] : [[bundle.name, makeSignatures(bundle.verification, clock)] as const],
    ),
  );
  return (bundle) => own.get(bundle) ?? ofAll;
}

/** The verifier, and what changes when a key does. */
export function makeSignatures(verification: VerificationConfiguration, clock: Clock): Signatures {
  const stampOf = async (path: string) => {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  };
  return {
    ...makeVerifier({ ...verification, clock }),
    // A key that cannot be read is told of when a bundle is to be verified with it.
    sight: async () => (await Promise.all(verification.keys.map(({ path }) => stampOf(path).catch(() => 'unreadable')))).join(' '),
  };
}
