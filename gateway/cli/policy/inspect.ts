import { Command } from 'commander';
import { moduleBuiltins } from '../../toolchain/module-builtins.ts';
import { describeInspection, type Inspection } from './describe-inspection.ts';
import type { PolicyIo } from './policy-io.ts';
import { formatOption } from './policy-options.ts';
import { hostFlag, runToolchain } from './run-toolchain.ts';

/** Makes `regate policy inspect`. */
export function makeInspectCommand(io: PolicyIo): Command {
  return new Command('inspect')
    .description('Show what a bundle or a directory of policies holds: manifest, entry points, sizes, built-ins that it needs.')
    .argument('[path]', 'a bundle file or a directory', 'policies')
    .addOption(formatOption())
    .action(async (path: string, options: { readonly format: string }) => {
      const name = 'policy.wasm';
      const result = await runToolchain(io, {
        command: 'inspect',
        paths: [path],
        leaves: [name],
        quiet: true,
        args: (scratch) => [...hostFlag(io), `-wasm-out=${scratch}/${name}`, path],
      });
      if (result === undefined || result.code !== 0) return;
      const found = JSON.parse(result.stdout) as Inspection;
      const wasm = result.files.get(name);
      const whole = wasm === undefined ? found : { ...found, builtins: split(await moduleBuiltins(wasm), io) };
      io.out(options.format === 'json' ? `${JSON.stringify(whole, null, 2)}\n` : describeInspection(whole));
    })
    .addHelpText('after', '\nExample:\n  regate policy inspect bundles/default/bundle.tar.gz\n');
}

function split(names: readonly string[], io: PolicyIo): NonNullable<Inspection['builtins']> {
  const lent = new Set(io.hostBuiltins);
  return { host: names.filter((name) => lent.has(name)), refused: names.filter((name) => !lent.has(name)) };
}
