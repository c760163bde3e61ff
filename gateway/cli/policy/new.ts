import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { Breakage } from '../../errors.ts';
import type { PolicyIo } from './policy-io.ts';
import { tell } from './signing-options.ts';

type Ci = 'github' | 'gitlab' | 'none';

/** Makes `regate policy new`. */
export function makeNewCommand(io: PolicyIo): Command {
  return new Command('new')
    .description(
      'Begin a repository of policies: the default policies with their tests and schemas, a pipeline, and settings for an editor.',
    )
    .argument('<directory>', 'where to; it must be empty, or not be there')
    .addOption(new Option('--ci <kind>', 'the pipeline').choices(['github', 'gitlab', 'none']).default('github'))
    .action((directory: string, { ci }: { readonly ci: Ci }) => {
      try {
        begin(io, directory, ci);
      } catch (error) {
        tell(io, error);
      }
    })
    .addHelpText('after', '\nExample:\n  regate policy new our-policies --ci gitlab\n');
}

function begin(io: PolicyIo, directory: string, ci: Ci): void {
  const to = resolve(io.cwd, directory);
  if (existsSync(to) && readdirSync(to).length > 0) throw new Breakage('gateway.error', `${directory} is not empty; name a new directory.`);
  const from = findPackage();
  const copies = [
    ['policies', 'policies'],
    ['examples/policy-repository/README.md', 'README.md'],
    // npm leaves files of this name out of packages, so here it has no dot.
    ['examples/policy-repository/gitignore', '.gitignore'],
    ['examples/policy-repository/vscode', '.vscode'],
    ...(ci === 'github' ? [['examples/ci/github-actions.yml', '.github/workflows/policy.yml'] as const] : []),
    ...(ci === 'gitlab' ? [['examples/ci/gitlab-ci.yml', '.gitlab-ci.yml'] as const] : []),
  ] as const;
  for (const [source, target] of copies) {
    mkdirSync(dirname(join(to, target)), { recursive: true });
    cpSync(join(from, source), join(to, target), { recursive: true });
  }
  io.out(`Wrote ${directory}. Next:

  cd ${directory}
  regate policy test policies --threshold 100
  regate policy build policies -o bundle.tar.gz

README.md says what lies where, and how a release is signed.
`);
  io.exit(0);
}

/** The checkout, or the package, that this file lies in. */
function findPackage(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'policies', '.manifest')) && existsSync(join(folder, 'examples', 'policy-repository'))) return folder;
    if (folder === dirname(folder)) throw new Breakage('gateway.error', 'The default policies are missing; install the package again.');
  }
}
