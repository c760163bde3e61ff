import { Command } from 'commander';
import { openKeyFile, publicListOf, rotateKeyFile } from '../../ledger/key-file.ts';
import { systemClock } from '../../observe/clock.ts';
import { defaultKeyFile } from './default-directory.ts';

interface KeygenOptions {
  readonly key: string;
  readonly rotate?: true;
}

/** Makes `regate log keygen`. */
export function makeKeygenCommand(): Command {
  return new Command('keygen')
    .description('Make the key that signs checkpoints, or replace it.')
    .option('--key <file>', 'the private key; public keys are listed in <file>.pub', defaultKeyFile)
    .option('--rotate', 'replace the key: the old one signs for the new one, and is gone')
    .addHelpText(
      'after',
      '\nThe gateway makes the key by itself on its first start. A running gateway signs with a rotated key from the next checkpoint on.\nGive <file>.pub to whoever is to check the log; an older copy of it stays good after a rotation.\n',
    )
    .action(keygen);
}

function keygen({ key, rotate }: KeygenOptions): void {
  const { signing, entries } = rotate ? rotateKeyFile(key, systemClock.now()) : openKeyFile(key, systemClock.now());
  process.stdout.write(`signing key  ${signing.id}  ${key}\n`);
  for (const { id, made, by } of entries)
    process.stdout.write(`public key   ${id}  made ${made}${by === undefined ? '' : `, handed over by ${by}`}\n`);
  process.stdout.write(`listed in    ${publicListOf(key)}\n`);
}
