import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { Breakage } from '../../errors.ts';
import { makeKeyRing } from '../../ledger/checkpoint-keys.ts';
import { checkProof, type Proof } from '../../ledger/proof.ts';
import { readStatement } from '../../ledger/statement.ts';
import { readKeys } from './read-keys.ts';

interface VerifyProofOptions {
  readonly keys: string;
  readonly record?: string;
}

/** Makes `regate log verify-proof`. Exit code 0: the proof holds. 1: it does not. 2: it could not be read. */
export function makeVerifyProofCommand(): Command {
  return new Command('verify-proof')
    .description('Check a proof of `regate log prove`. Neither the log nor the gateway is needed.')
    .argument('<file>', 'the proof')
    .requiredOption('--keys <file>', "the gateway's list of public keys (<key_file>.pub), from a source that you trust")
    .option('--record <file>', 'the proof must be of these records: lines as `regate log show --json` prints them')
    .action(verifyProof);
}

function verifyProof(file: string, { keys, record }: VerifyProofOptions): void {
  const proofs = readProofs(file);
  const trusted = readKeys(keys);
  const wanted =
    record === undefined
      ? undefined
      : readFileSync(record, 'utf8')
          .split('\n')
          .filter((line) => line !== '');
  for (const [index, proof] of proofs.entries()) {
    const ring = makeKeyRing(trusted, proof.keys);
    const wrong = checkProof(proof, ring);
    process.stdout.write(`record ${index + 1}: ${wrong === undefined ? describe(proof) : `DOES NOT HOLD: ${wrong}`}\n`);
    if (wrong !== undefined) process.exitCode = 1;
  }
  for (const line of wanted ?? []) {
    if (proofs.some((proof) => proof.line === line)) continue;
    process.stdout.write('DOES NOT HOLD: a line of the record is not what is proved\n');
    process.exitCode = 1;
  }
}

function readProofs(file: string): readonly Proof[] {
  const { schema, proofs } = JSON.parse(readFileSync(file, 'utf8')) as { schema?: unknown; proofs?: readonly Proof[] };
  if (schema !== 'regate.proofs/1' || proofs === undefined || proofs.length === 0) {
    throw new Breakage('record.unavailable', `${file} is no proof of regate log prove`);
  }
  return proofs;
}

function describe({ line, checkpoint }: Proof): string {
  const { kind, timestamp, decision_id } = JSON.parse(line) as { kind?: unknown; timestamp?: unknown; decision_id?: unknown };
  const signed = readStatement(Buffer.from(checkpoint));
  const by = signed === undefined ? '' : `, under the checkpoint of ${signed.statement.time} by key ${signed.key}`;
  return `holds: ${String(kind)} of ${String(decision_id)} at ${String(timestamp)}${by}`;
}
