import { Command } from 'commander';
import { moduleBuiltins } from '../../toolchain/module-builtins.ts';
import { describeInspection, type Inspection } from './describe-inspection.ts';
import type { PolicyIo } from './policy-io.ts';
import { formatOption } from './policy-options.ts';
import { flag, hostFlag, runToolchain } from './run-toolchain.ts';

/** Makes `regate policy inspect`. */
export function makeInspectCommand(io: PolicyIo): Command {
  return new Command('inspect')
    .description('Show what a bundle or a directory of policies holds: manifest, entry points, sizes, built-ins that it needs.')
    .argument('[path]', 'a bundle file or a directory', 'policies')
    .addOption(formatOption())
    .action(async (path: string, options: { readonly format: string }) => {
      const name = 'policy.wasm';
      await runToolchain(io, {
        command: 'inspect',
        paths: [path],
        leaves: [name],
        args: (scratch) => [...hostFlag(io), ...flag('format', options.format), `-wasm-out=${scratch}/${name}`, path],
        show: async ({ stdout, files }) => {
          const found = JSON.parse(stdout) as Inspection;
          const wasm = files.get(name);
          const whole = wasm === undefined ? found : { ...found, builtins: split(await moduleBuiltins(wasm), io) };
          return options.format === 'json' ? `${JSON.stringify(whole, null, 2)}\n` : describeInspection(whole);
        },
      });
    })
    .addHelpText('after', '\nExample:\n  regate policy inspect bundles/default/bundle.tar.gz\n');
}

function split(names: readonly string[], io: PolicyIo): NonNullable<Inspection['builtins']> {
  const lent = new Set(io.hostBuiltins);
  return { host: names.filter((name) => lent.has(name)), refused: names.filter((name) => !lent.has(name)) };
}
