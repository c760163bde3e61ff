import { resolve } from 'node:path';
import { Command } from 'commander';
import { loadConfiguration } from '../../config/load.ts';
import { hostBuiltinNames } from '../../engine/builtins/registry.ts';
import { readModule, toolchainDirectory } from '../../toolchain/read-module.ts';
import { makeToolchain } from '../../toolchain/toolchain.ts';
import type { DecidedRecord } from '../../vocabulary/record.ts';
import { defaultDirectory } from './default-directory.ts';
import { describeReplay } from './describe-replay.ts';
import { findDecisions } from './find-decisions.ts';
import { isSameAnswer, pointers, replay } from './replay.ts';
import { requireDirectory } from './require-directory.ts';

interface ExplainOptions {
  readonly directory: string;
  readonly policy: readonly string[];
  readonly config?: string;
  readonly json?: true;
}

/** Makes `regate log explain`. Exit code 0: the replay gives the answer on record. 1: it does not, or there is nothing to replay. */
export function makeExplainCommand(): Command {
  return new Command('explain')
    .description('Say which rules of the policy a decision came from: its recorded input is put to the sources of the policy again.')
    .argument('<id>', 'a decision id (x-regate-decision-id of an answer)')
    .option('--directory <dir>', 'where the segments are', defaultDirectory)
    .option(
      '--policy <dir>',
      'the sources that the bundle was built from (repeatable)',
      (dir, before: readonly string[]) => [...before, dir],
      [],
    )
    .option('--config <file>', "the gateway's configuration, for the catalogue that the policy sees as data.regate.backends")
    .option('--json', 'print the result as one JSON object')
    .addHelpText(
      'after',
      `
A bundle holds the compiled module, not all of its sources, so they are read from --policy (policies, unless given). Their revision is compared with
the one on record, and so are the answers; where either differs this is said, and the explanation is not that of the decision.

Example:
  git switch --detach <the commit that the bundle was built from>
  regate log explain 0190c0de-... --config regate.yaml
`,
    )
    .action(explain);
}

async function explain(id: string, options: ExplainOptions): Promise<void> {
  const { directory, config, json } = options;
  await requireDirectory(directory);
  const record = await findRecord(id, resolve(directory));
  const why = typeof record === 'string' ? record : whyNot(record);
  if (typeof record === 'string' || why !== undefined) {
    process.stderr.write(`${why}\n`);
    process.exitCode = 1;
    return;
  }
  const catalogue = config === undefined ? undefined : loadConfiguration(config, { environment: process.env }).catalogue;
  const again = await replay(record, {
    toolchain: makeToolchain({ readModule: () => readModule(toolchainDirectory()) }),
    hostBuiltins: hostBuiltinNames,
    cwd: process.cwd(),
    policies: options.policy.length === 0 ? ['policies'] : options.policy,
    ...(catalogue && { catalogue }),
  });
  if ('failed' in again) {
    process.stderr.write(`The policy cannot be asked again.\n${again.failed}`);
    process.exitCode = 2;
    return;
  }
  const findings = {
    decision_id: record.decision_id,
    same_revision: again.revision === record.policy?.revision,
    same_catalogue: catalogue === undefined ? undefined : catalogue.digest === record.catalogue,
    same_answer: isSameAnswer(record, again.answer),
    erased: pointers(record.erased),
    masked: pointers(record.masked),
    fresh: again.fresh,
  };
  if (!findings.same_answer) process.exitCode = 1;
  const { revision, answer, explanation } = again;
  process.stdout.write(
    json
      ? `${JSON.stringify({ ...findings, recorded_revision: record.policy?.revision, revision, answer, explanation }, null, 2)}\n`
      : describeReplay(record, again, findings),
  );
}

/** @returns the record, or why there is none */
async function findRecord(id: string, directory: string): Promise<DecidedRecord | string> {
  const found = await findDecisions(directory, { id }, 0);
  const decided = found.flatMap((each) => (each.decided === undefined ? [] : [each.decided]));
  const exact = decided.find((each) => each.decision_id === id);
  if (exact !== undefined) return exact;
  const [only, ...others] = decided;
  if (only === undefined) return 'No decision on record has this id.';
  if (others.length === 0) return only;
  return `The request ${id} has several decisions; name one:\n${decided.map(({ decision_id, attempt }) => `  ${decision_id}  attempt ${attempt}`).join('\n')}`;
}

function whyNot({ path, input, erased, decision, code }: DecidedRecord): string | undefined {
  if (erased?.includes('/input') === true)
    return "The decision's input was erased before the record was written, so it cannot be replayed.";
  if (path === undefined || input === undefined) return `The policy was not asked: ${code ?? decision}.`;
  return undefined;
}
