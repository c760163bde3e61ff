import { Command } from 'commander';
import type { PolicyIo } from './policy-io.ts';
import { hostFlag, runToolchain } from './run-toolchain.ts';

/** Makes `regate policy capabilities`. */
export function makeCapabilitiesCommand(io: PolicyIo): Command {
  return new Command('capabilities')
    .description("Print what a policy may use, as OPA's capabilities file: for editors, and for opa itself (opa check --capabilities).")
    .action(async () => {
      await runToolchain(io, { command: 'capabilities', paths: [], args: hostFlag(io) });
    });
}
