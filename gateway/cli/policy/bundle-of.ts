import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Breakage } from '../../errors.ts';
import type { PolicyIo } from './policy-io.ts';
import { flag, hostFlag } from './run-toolchain.ts';
import { readNamed } from './signing-options.ts';

/** Reads a bundle file, or builds a directory. @returns `undefined` where the policies do not build; what is wrong has been told */
export async function bundleOf(io: PolicyIo, path: string): Promise<Buffer | undefined> {
  if (!isDirectory(io.cwd, path)) return readNamed(io, path);
  const name = 'bundle.tar.gz';
  const result = await io.toolchain.run({
    command: 'build',
    cwd: io.cwd,
    paths: [path],
    leaves: [name],
    args: (scratch) => [...hostFlag(io), ...flag('output', `${scratch}/${name}`), path],
  });
  const bundle = result.files.get(name);
  if (result.code === 0 && bundle !== undefined) return Buffer.from(bundle);
  io.err(result.stderr);
  io.exit(result.code === 0 ? 2 : result.code);
  return undefined;
}

export function isDirectory(cwd: string, path: string): boolean {
  const stats = statSync(resolve(cwd, path), { throwIfNoEntry: false });
  if (stats === undefined) throw new Breakage('gateway.error', `there is no file or directory ${path}`);
  return stats.isDirectory();
}
