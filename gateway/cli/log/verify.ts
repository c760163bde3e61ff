import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { localFileSystem } from '../../ledger/file-system.ts';
import type { Problem } from '../../ledger/problem.ts';
import { readElsewhere } from '../../ledger/read-elsewhere.ts';
import { type Verification, verifyLog } from '../../ledger/verify-log.ts';
import { defaultDirectory } from './default-directory.ts';
import { readKeys } from './read-keys.ts';
import { requireDirectory } from './require-directory.ts';

interface VerifyOptions {
  readonly directory: string;
  readonly since?: string;
  readonly head?: string;
  readonly keys?: string;
  readonly checkpoints?: string;
  readonly json?: true;
}

/** Makes `regate log verify`. Exit code 0: the log holds. 1: it does not. 2: it could not be read. */
export function makeVerifyCommand(): Command {
  return new Command('verify')
    .description('Check that no line of the decision log was altered, removed, moved or added.')
    .option('--directory <dir>', 'where the segments are', defaultDirectory)
    .option('--since <segment>', 'segments before this one are in an archive; do not ask for them')
    .option('--head <hash>', 'the log must hold the line with this hash (from an earlier run)', parseHash)
    .option('--keys <file>', "the gateway's list of public keys (<key_file>.pub), from a source that you trust")
    .option('--checkpoints <path>', 'checkpoints that were kept elsewhere: a file, or a directory of files')
    .option('--json', 'print the result as one JSON object')
    .addHelpText(
      'after',
      '\nA chain has no key: who can write to the log can write another one. Signed checkpoints tell, with --keys and --checkpoints from where the gateway\ncannot write; without them, keep the printed heads there and give one with --head next time.\n',
    )
    .action(verify);
}

async function verify({ directory, since, head, keys, checkpoints, json }: VerifyOptions): Promise<void> {
  await requireDirectory(directory);
  const result = await verifyLog({
    directory: resolve(directory),
    ...(since && { since }),
    ...(head && { head }),
    ...(keys && { keys: readKeys(keys) }),
    ...(checkpoints && { elsewhere: await readElsewhere(localFileSystem, resolve(checkpoints)) }),
  });
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : describeResult(result));
  if (result.problems.length > 0) process.exitCode = 1;
}

function describeResult({ segments, lines, problems, notes, heads, checkpoints }: Verification): string {
  const [first, ...others] = problems;
  const out: string[] = [];
  if (first === undefined) out.push(`The log holds: ${lines} lines in ${segments} segments.`);
  else {
    out.push('The log does not hold.', `  first: ${describeProblem(first)}`);
    for (const problem of others) out.push(`  also:  ${describeProblem(problem)}`);
  }
  const { count, lines: covered, retired, keys } = checkpoints;
  if (count > 0) out.push(`  signed: ${covered} lines stand under ${count} checkpoints; believed keys: ${keys.join(', ')}`);
  if (retired > 0) out.push(`  retired: ${retired} segments, each with a signed record that stands for it`);
  for (const { segment, message } of notes) out.push(`  note:  ${segment} ${message}`);
  for (const { segment, seq, hash } of heads) out.push(`  head:  ${hash}  line ${seq} of ${segment}`);
  return `${out.join('\n')}\n`;
}

function describeProblem({ segment, line, kind, message }: Problem): string {
  return `${kind}: ${segment}${line === undefined ? '' : ` line ${line}`} ${message}`;
}

function parseHash(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new InvalidArgumentError('a hash is 64 hexadecimal digits, in lower case');
  return text;
}
