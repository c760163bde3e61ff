import { Counter, Gauge, type Registry } from 'prom-client';
import type { BundleFailureKind, BundleStatus } from '../vocabulary/bundles.ts';

/** How the bundles of the policy fare, all together. */
export interface BundlesSeen {
  readonly bundles: Readonly<Record<string, BundleStatus>>;
  readonly activations: number;
  readonly rejections: number;
  /** Bundle → kind → how often it has begun. */
  readonly failures: Readonly<Record<string, Readonly<Partial<Record<BundleFailureKind, number>>>>>;
  readonly pinned?: string;
  readonly stale?: true;
}

/**
 * Makes the metrics of bundles. They are set from the status whenever somebody reads them, so the two never differ.
 * @returns sets them
 */
export function makeBundleMetrics(registry: Registry): (seen: BundlesSeen) => void {
  const registers = [registry];
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Counter({ name, help, labelNames, registers });

  const info = gauge('regate_bundle_info', 'The revision of a bundle that is in force.', ['bundle', 'revision']);
  const current = gauge('regate_bundle_current', 'Whether the newest of a bundle is in force (1), or something is wrong with it (0).', [
    'bundle',
  ]);
  const confirmed = gauge(
    'regate_bundle_last_successful_request_timestamp_seconds',
    'When the source of a bundle last said what it has. Now less this is its age.',
    ['bundle'],
  );
  const activated = gauge('regate_bundle_last_activation_timestamp_seconds', 'When a bundle was last put in force.', ['bundle']);
  const failures = counter('regate_bundle_failures_total', 'Failures of a bundle that have begun, by kind.', ['bundle', 'kind']);
  const activations = counter('regate_policy_activations_total', 'Combinations of bundles that were put in force.');
  const rejections = counter('regate_policy_rejections_total', 'Combinations of bundles that came and were refused.');
  const pinned = gauge('regate_policy_pinned', 'Whether an operator has rolled the gateway back (1), or it follows its sources (0).');
  const stale = gauge('regate_policy_stale', 'Whether the policy is older than it may be, so that every request is refused (1).');

  return (seen) => {
    for (const metric of [info, current, confirmed, activated]) metric.reset();
    for (const [bundle, status] of Object.entries(seen.bundles)) {
      if (status.active_revision !== undefined) info.set({ bundle, revision: status.active_revision }, 1);
      current.set({ bundle }, status.code === undefined && status.active_revision !== undefined ? 1 : 0);
      if (status.last_successful_request !== undefined) confirmed.set({ bundle }, Date.parse(status.last_successful_request) / 1000);
      if (status.last_successful_activation !== undefined) activated.set({ bundle }, Date.parse(status.last_successful_activation) / 1000);
    }
    failures.reset();
    for (const [bundle, kinds] of Object.entries(seen.failures)) {
      for (const [kind, count] of Object.entries(kinds)) failures.inc({ bundle, kind }, count);
    }
    activations.reset();
    activations.inc(seen.activations);
    rejections.reset();
    rejections.inc(seen.rejections);
    pinned.set(seen.pinned === undefined ? 0 : 1);
    stale.set(seen.stale ? 1 : 0);
  };
}
