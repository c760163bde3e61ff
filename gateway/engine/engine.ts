import type { Catalogue } from '../vocabulary/catalogue.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { PolicyConfiguration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { type Admitted, admitBundles } from './admit.ts';
import { makeFailures } from './failures.ts';
import type { CandidateBundle } from './prepare.ts';
import { makeRecentInputs } from './recent-inputs.ts';

export interface EngineNeeds {
  readonly policy: Pick<PolicyConfiguration, 'maxMemoryBytes' | 'maxEvaluationMs'>;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Throws an Error, with a message for operators, where an answer is not one that the gateway would believe. */
  readonly checkAnswer: (answer: unknown) => unknown;
}

export interface EngineMetrics {
  /** Evaluations of requests that failed: of a fault, for taking too long, for want of memory. */
  readonly evaluations_failed: number;
  readonly evaluations_out_of_time: number;
  readonly evaluations_out_of_memory: number;
  /** Of the active revision. */
  readonly instances_replaced_after_throw: number;
  readonly instances_replaced_for_size: number;
  readonly memory_bytes: number;
}

export interface Engine {
  /**
   * Makes a policy of bundles that has passed every check. It decides nothing until a request is given it.
   * @throws Breakage, see `admitBundles`
   */
  admit(bundles: readonly CandidateBundle[]): Promise<Admitted>;
  /** @param active the machine in use, where there is one */
  metrics(active: Pick<Admitted, 'evaluator'> | undefined): EngineMetrics;
}

/**
 * Makes the policy machines of one gateway. They share the count of failures, and what has really been asked of late, which every candidate must
 * answer. Which of them decides is not the engine's to say.
 */
export function makeEngine({ policy, catalogue, clock, logger, checkAnswer }: EngineNeeds): Engine {
  const failures = makeFailures({ clock, logger });
  const recent = makeRecentInputs();
  const { maxMemoryBytes, maxEvaluationMs } = policy;
  const needs = { catalogue, maxMemoryBytes, maxEvaluationMs, clock, logger, checkAnswer, failures, recent };

  return {
    admit: (bundles) => admitBundles(bundles, needs),
    metrics: (active) => ({
      evaluations_failed: failures.counts.error,
      evaluations_out_of_time: failures.counts.deadline,
      evaluations_out_of_memory: failures.counts.memory,
      instances_replaced_after_throw: active?.evaluator.replaced.thrown ?? 0,
      instances_replaced_for_size: active?.evaluator.replaced.grown ?? 0,
      memory_bytes: active?.evaluator.memoryBytes() ?? 0,
    }),
  };
}
