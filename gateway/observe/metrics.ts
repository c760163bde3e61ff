import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { scrub } from '../secret/known.ts';
import type { Decision } from '../vocabulary/decision.ts';
import type { Delivered, Usage } from '../vocabulary/delivered.ts';
import type { SinkStatus } from '../vocabulary/sinks.ts';
import type { Story } from '../vocabulary/story.ts';
import type { VerdictChange } from '../vocabulary/verdict.ts';
import { makeBoundedLabel } from './bounded-label.ts';
import { type BundlesSeen, makeBundleMetrics } from './bundle-metrics.ts';
import { holdLabelled, holdSums, holdValues } from './held-series.ts';
import { makeSinkMetrics } from './sink-metrics.ts';

export interface MetricsNeeds {
  /** Where the metrics are kept; a registry of their own unless given. */
  readonly registry?: Registry;
  /** Distinct reason codes that get a series of their own; the others share `other`. Reason codes are the policy authors' to choose. */
  readonly maxReasons?: number;
}

/** Numbers for operators, in Prometheus text. Nothing is labelled with who asked: that is the record's business, and unbounded. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** @param code the refusal's; `undefined` on allow */
  decision(code: string | undefined, decision: Decision | undefined): void;
  delivered(story: Story, delivered: Delivered, timing: { readonly totalMs: number; readonly overheadMs: number }): void;
  recordAppended(ms: number): void;
  recordFailed(): void;
  recordSummarised(count: number): void;
  recordAvailable(available: boolean): void;
  /** +1 where a request begins, -1 where it ends. */
  inFlight(change: 1 | -1): void;
  /** What a candidate policy on trial comes to. */
  readonly candidate: {
    /** @param changes in what it differs from the policy in force; nothing where they agree */
    compared(changes: readonly VerdictChange[], approved: boolean): void;
    dropped(count: number): void;
    failed(): void;
  };
  /** The policy in force; `undefined` while there is none. */
  policy(stamp: { readonly bundle: string; readonly revision: string } | undefined): void;
  bundles(seen: BundlesSeen): void;
  /** Credential id → when the value in use came, milliseconds since the epoch. */
  credentials(since: ReadonlyMap<string, number>): void;
  /** Seconds since the database of keys and revocations was last heard of; `undefined` where it never was. */
  registryAge(seconds: number | undefined): void;
  sinks(seen: Readonly<Record<string, SinkStatus>>): void;
}

/** Revisions that get a series of their own in the life of a process; the others share `other`. */
const mostRevisions = 50;

const quick = [0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5];
const slow = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const disk = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];

export function makeMetrics({ registry = new Registry(), maxReasons = 200 }: MetricsNeeds = {}): Metrics {
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = <T extends string>(name: string, help: string, buckets: number[], labelNames: readonly T[] = []) =>
    new Histogram({ name, help, labelNames, buckets, registers });

  const requests = counter('regate_requests_total', 'Attempts that ended, by how.', ['operation', 'outcome', 'code']);
  const decisions = counter('regate_decisions_total', 'Decisions, by verdict, first reason and revision of the policy.', [
    'decision',
    'reason',
    'revision',
  ]);
  const evaluation = histogram('regate_policy_evaluation_seconds', 'Time of one policy evaluation.', quick);
  const overhead = histogram('regate_overhead_seconds', 'What the gateway itself took before a request went out or was refused.', quick);
  const duration = histogram('regate_request_duration_seconds', 'From arrival to the end of the answer.', slow, ['operation']);
  const firstByte = histogram('regate_first_byte_seconds', "From the hand-over to the backend to the answer's first byte.", slow, [
    'backend',
  ]);
  const tokens = counter('regate_tokens_total', 'Tokens as backends reported them.', ['backend', 'model', 'type']);
  const append = histogram('regate_record_append_seconds', 'From an append to the decision log to its acknowledgement by the disk.', disk);
  const failed = counter('regate_record_failures_total', 'Decisions that could not be recorded; their requests were refused.');
  const summarised = counter('regate_record_summarised_total', 'Refusals of unknown callers that were counted, not written one by one.');
  const available = gauge('regate_record_available', 'Whether the decision log can be written (1) or every request is refused (0).');
  const flying = gauge('regate_requests_in_flight', 'Requests that have begun and not ended.');
  const policyLoaded = gauge('regate_policy_loaded', 'Whether a policy is in force (1) or every request is refused (0).');
  const policyInfo = gauge('regate_policy_info', 'The policy in force.', ['bundle', 'revision']);
  const candidate = countCandidate(counter);
  const credentialSince = gauge(
    'regate_credential_value_timestamp_seconds',
    'When the value of a backend credential that is in use came. Now less this is its age.',
    ['credential'],
  );
  const registryHeard = gauge(
    'regate_registry_age_seconds',
    'Since the database of keys and revocations was last heard of; -1 where it never was.',
  );
  watchProcess(registry);
  available.set(1);

  const reasonLabel = makeBoundedLabel(maxReasons);
  const revisionLabel = makeBoundedLabel(mostRevisions);
  const heldRequests = holdSums((operation, outcome, code, sum) => requests.inc({ operation, outcome, code }, sum));
  const heldDecisions = holdSums((decision, reason, revision, sum) => decisions.inc({ decision, reason, revision }, sum));
  const heldTokens = holdSums((backend, model, type, sum) => tokens.inc({ backend, model, type }, sum));
  const heldEvaluations = holdValues((seconds) => evaluation.observe(seconds));
  const heldOverheads = holdValues((seconds) => overhead.observe(seconds));
  const heldAppends = holdValues((seconds) => append.observe(seconds));
  const heldDurations = holdLabelled((operation, seconds) => duration.observe({ operation }, seconds));
  const heldFirstBytes = holdLabelled((backend, seconds) => firstByte.observe({ backend }, seconds));
  const held = [heldRequests, heldDecisions, heldTokens, heldEvaluations, heldOverheads, heldAppends, heldDurations, heldFirstBytes];
  let inFlight = 0;

  function countTokens(backend: string, model: string, usage: Usage): void {
    const add = (type: string, count: number | undefined) => count !== undefined && heldTokens.add(backend, model, type, count);
    add('input', usage.input_tokens);
    add('output', usage.output_tokens);
    add('cache-read', usage.cache_read_input_tokens);
    add('cache-creation', usage.cache_creation_input_tokens);
    add('reasoning', usage.reasoning_output_tokens);
  }

  return {
    contentType: registry.contentType,
    async text() {
      for (const series of held) series.flush();
      flying.set(inFlight);
      return scrub(await registry.metrics()).text;
    },
    decision(code, decision) {
      const reason = decision?.answer.reasons[0]?.code ?? code ?? 'none';
      heldDecisions.add(
        code === undefined ? 'allow' : 'refuse',
        reasonLabel(reason),
        revisionLabel(decision?.policy.revision ?? 'none'),
        1,
      );
      if (decision !== undefined) heldEvaluations.add(decision.evalUs / 1e6);
    },
    delivered({ operation = 'unknown', route, refusal }, delivered, { totalMs, overheadMs }) {
      heldRequests.add(operation, delivered.outcome, refusal?.code ?? delivered.code ?? 'none', 1);
      heldDurations.add(operation, totalMs / 1000);
      heldOverheads.add(overheadMs / 1000);
      if (route === undefined) return;
      if (delivered.firstByteMs !== undefined) heldFirstBytes.add(route.backend, delivered.firstByteMs / 1000);
      if (delivered.usage !== undefined) countTokens(route.backend, route.model, delivered.usage);
    },
    recordAppended: (ms) => heldAppends.add(ms / 1000),
    recordFailed: () => failed.inc(),
    recordSummarised: (count) => summarised.inc(count),
    recordAvailable: (is) => available.set(is ? 1 : 0),
    inFlight(change) {
      inFlight += change;
    },
    bundles: makeBundleMetrics(registry),
    candidate,
    credentials(since) {
      for (const [credential, at] of since) credentialSince.set({ credential }, at / 1000);
    },
    registryAge: (seconds) => registryHeard.set(seconds ?? -1),
    sinks: makeSinkMetrics(registry),
    policy(stamp) {
      policyLoaded.set(stamp === undefined ? 0 : 1);
      policyInfo.reset();
      if (stamp !== undefined) policyInfo.set({ bundle: stamp.bundle, revision: stamp.revision }, 1);
    },
  };
}

type MakeCounter = <T extends string>(name: string, help: string, labelNames?: readonly T[]) => Counter<T>;

function countCandidate(counter: MakeCounter): Metrics['candidate'] {
  const compared = counter('regate_candidate_compared_total', 'Decisions about which a candidate policy was asked, too.');
  const different = counter('regate_candidate_differences_total', 'In what a candidate would decide otherwise.', ['change', 'approved']);
  const dropped = counter(
    'regate_candidate_dropped_total',
    'Decisions that were not compared: too many waited, or the candidate was away.',
  );
  const failed = counter('regate_candidate_failures_total', 'Evaluations of a candidate that failed.');
  return {
    compared(changes, approved) {
      compared.inc();
      for (const change of changes) different.inc({ change, approved: String(approved) });
    },
    dropped: (count) => dropped.inc(count),
    failed: () => failed.inc(),
  };
}

/** The process itself, read when somebody asks and not in between. */
function watchProcess(registry: Registry): void {
  new Gauge({
    name: 'regate_process_resident_memory_bytes',
    help: 'Resident memory.',
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'regate_process_cpu_seconds',
    help: 'CPU time since the start, user and system.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.set((user + system) / 1e6);
    },
  });
}
