import { randomBytes } from 'node:crypto';
import type { Admitted } from '../engine/admit.ts';
import type { CandidateBundle } from '../engine/prepare.ts';
import { makeAdmission } from '../rollout/admission.ts';
import { makeRollout } from '../rollout/rollout.ts';
import type { RolloutEvent } from '../rollout/rollout-port.ts';
import { type Disk, localDisk } from '../rollout/store/disk.ts';
import { makeShadow } from '../trial/shadow.ts';
import { makeTrial, type Trial, type TrialMetrics } from '../trial/trial.ts';
import type { CandidateStatus } from '../vocabulary/candidate.ts';
import type { Catalogue } from '../vocabulary/catalogue.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { PolicyConfiguration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { makeSource } from './bundle-sources.ts';
import { makeSignatures, type Policy, type PolicyNeeds } from './policy.ts';

export interface CandidateNeeds {
  readonly configuration: PolicyConfiguration;
  readonly policy: Policy;
  readonly catalogue: Catalogue;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: { enqueue(entry: object): void };
  readonly labels: Readonly<Record<string, string>>;
  readonly note: (event: RolloutEvent) => void;
  readonly metrics: TrialMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly disk?: Disk;
  readonly after?: PolicyNeeds['after'];
}

/** A candidate on trial: where it comes from, and how it fares. */
export interface CandidateTrial extends Omit<Trial, 'status'> {
  start(): Promise<void>;
  /** Looks at the candidate's source now. */
  refresh(): Promise<void>;
  status(): CandidateStatus;
}

/** What came, as it would be put in force, and what is evaluated. */
type Machine = Admitted & { readonly bundles: readonly CandidateBundle[]; readonly ready: readonly CandidateBundle[] };

/** Composes the trial of a candidate; `undefined` where none is configured. */
export function makeCandidate(needs: CandidateNeeds): CandidateTrial | undefined {
  const {
    configuration: policyConfiguration,
    policy,
    catalogue,
    environment,
    log,
    labels,
    note,
    metrics,
    clock,
    logger,
    disk = localDisk,
    after,
  } = needs;
  const { candidate: configuration, maxMemoryBytes, maxEvaluationMs, verification } = policyConfiguration;
  if (configuration === undefined) return undefined;
  // A candidate that was never in force is no reason to refuse an older one: its version is checked and not kept.
  const signatures = verification && { ...makeSignatures(verification, clock), keep: () => undefined };
  const rollout = makeRollout<Machine>({
    bundles: configuration.bundles,
    makeSource: (bundle) => makeSource(bundle, { environment, clock, logger }),
    admission: makeAdmission({
      bundles: configuration.bundles,
      async admit(bundles) {
        const ready = await policy.readyBundles(bundles);
        return { ...(await policy.engine.admit(ready)), bundles, ready };
      },
      signaturesOf: () => signatures,
    }),
    note: (event) => note({ ...event, action: event.action === 'bundles.activate' ? 'candidate.activate' : 'candidate.reject' }),
    clock,
    logger: asCandidate(logger),
    ...(after === undefined ? {} : { after }),
  });
  const trial = makeTrial<Machine>({
    ...{ configuration, log, labels, metrics, clock, logger },
    candidate: rollout.machine,
    active: policy.current,
    startShadow({ ready }, dropped) {
      // Their signatures have been looked at; the thread needs no keys.
      const bundles = ready.map(({ name, bytes, roots }) => ({ name, bytes, ...(roots === undefined ? {} : { roots }) }));
      return makeShadow({ data: { bundles, catalogue, maxMemoryBytes, maxEvaluationMs }, queue: configuration.queue, logger, dropped });
    },
    putInForce: (machine) => putInForce(machine, policyConfiguration, policy, disk),
    promoted: (stamp, outcome, compared) =>
      note({
        action: outcome === undefined ? 'candidate.promote' : 'candidate.reject',
        stamp,
        ...(outcome === undefined ? {} : { detail: outcome.problem }),
        parameters: { compared, by: 'promote_after' },
      }),
  });
  return {
    ...trial,
    start: rollout.start,
    refresh: rollout.refresh,
    stop() {
      rollout.stop();
      trial.stop();
    },
    status() {
      const message = Object.values(rollout.status().bundles).find((bundle) => bundle.message !== undefined)?.message;
      return { ...trial.status(), ...(message === undefined ? {} : { message }) };
    },
  };
}

/**
 * Puts the candidate's bundle in the place of the policy's file, from where it takes the way of every other revision: signature, admission, store,
 * record. Where it does not come into force, the file is what it was.
 */
async function putInForce(
  machine: Machine,
  { bundles }: PolicyConfiguration,
  policy: Policy,
  disk: Disk,
): Promise<{ readonly problem: string } | undefined> {
  const [target, ...others] = bundles;
  const [bundle, ...more] = machine.bundles;
  if (target?.source.kind !== 'file' || others.length > 0 || bundle === undefined || more.length > 0) {
    return { problem: 'the policy in force does not come from one file; publish the candidate where the policy comes from' };
  }
  const { path } = target.source;
  const { digest } = machine.policy.stamp;
  let before: Buffer;
  try {
    before = await disk.read(path);
    await replace(path, bundle.bytes, disk);
  } catch (cause) {
    return { problem: `the file of the policy cannot be replaced (${codeOf(cause)}); copy the candidate there by other means` };
  }
  await policy.refresh();
  if (policy.current()?.stamp.digest === digest) return undefined;
  await replace(path, before, disk);
  const { pinned, bundles: statuses } = policy.status();
  if (pinned !== undefined) return { problem: 'the gateway is held to a revision by a rollback; release it first' };
  return { problem: statuses[target.name]?.message ?? 'the candidate did not come into force' };
}

async function replace(path: string, bytes: Uint8Array, disk: Disk): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await disk.write(beside, bytes);
    await disk.rename(beside, path);
  } catch (cause) {
    await disk.remove(beside);
    throw cause;
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
}

/** What is said of the policy in force would frighten operators where it is said of a candidate. */
function asCandidate(logger: Logger): Logger {
  return {
    ...logger,
    info: (message, fields) =>
      logger.info(message === 'A policy revision is active' ? 'A candidate policy is on trial' : `Candidate policy: ${message}`, fields),
    warn: (message, fields) => logger.warn(`Candidate policy: ${message}`, fields),
    error: (_message, fields) => logger.error('The candidate policy is not usable; the policy in force decides as before', fields),
  };
}
