import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const toolchain = join(import.meta.dirname, '..', '..', 'toolchain');

/** Paths of programs with the OPA that toolchain/go.mod names, for this machine. */
export interface OpaPrograms {
  /** `opa`, as its project makes it. */
  readonly server: string;
  /** toolchain/benchmark: OPA's Go library in a program. */
  readonly library: string;
}

/**
 * Builds what ours is compared with, into a folder below the temporary one: some minutes the first time, a second after that.
 * @returns why it cannot be, where Go or OPA's module cannot be had
 * @throws where our own program does not compile
 */
export function buildOpa(): OpaPrograms | { readonly missing: string } {
  const server = installOpa();
  if (typeof server !== 'string') return server;
  const programs = { server, library: join(ownFolder(`opa-${opaVersion()}`), executable('library')) };
  const needed = go(['list', '-mod=readonly', '-deps', './benchmark']);
  if (needed.status !== 0) return { missing: `OPA's Go module cannot be had: ${lastLine(needed.stderr)}` };
  const { status, stderr } = go(['build', '-mod=readonly', '-o', programs.library, './benchmark']);
  if (status !== 0) throw new Error(`toolchain/benchmark does not compile:\n${stderr}`);
  return programs;
}

/**
 * Builds `opa` itself in the version of the toolchain, unless it is there.
 * @param tag of the build; `opa_wasm` for one that evaluates modules
 * @returns its path, or why it cannot be had
 */
export function installOpa(tag?: 'opa_wasm'): string | { readonly missing: string } {
  const version = opaVersion();
  const program = join(ownFolder(tag === undefined ? `opa-${version}` : `opa-${version}-${tag}`), executable('opa'));
  if (go(['version']).status !== 0) return { missing: 'there is no Go on the PATH' };
  if (existsSync(program)) return program;
  // Built aside and renamed: a build that was broken off leaves nothing that looks like the program.
  const aside = ownFolder(`opa-${version}-${process.pid}`);
  const { status, stderr } = go(['install', ...(tag === undefined ? [] : ['-tags', tag]), `github.com/open-policy-agent/opa@${version}`], {
    GOBIN: aside,
  });
  if (status !== 0) return { missing: `OPA's server cannot be built: ${lastLine(stderr)}` };
  renameSync(join(aside, executable('opa')), program);
  return program;
}

function opaVersion(): string {
  const version = /github\.com\/open-policy-agent\/opa (v\S+)/.exec(readFileSync(join(toolchain, 'go.mod'), 'utf8'))?.[1];
  if (version === undefined) throw new Error('toolchain/go.mod names no OPA');
  return version;
}

function go(
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): { readonly status: number | null; readonly stderr: string } {
  // The caller's target and flags have no part in what is built: it is for this machine.
  const env = { ...process.env, GOOS: '', GOARCH: '', GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0', ...more };
  const { error, status, stderr } = spawnSync('go', args, { cwd: toolchain, encoding: 'utf8', env });
  if (error !== undefined && !('code' in error && error.code === 'ENOENT')) throw error;
  return { status, stderr: stderr ?? '' };
}

/** A folder of this user's that others cannot write to: what is in it gets run, and the temporary folder belongs to everyone. */
function ownFolder(name: string): string {
  const { uid } = userInfo();
  const own = join(tmpdir(), `regate-bench-${uid}`);
  mkdirSync(own, { mode: 0o700, recursive: true });
  const state = lstatSync(own);
  if (!state.isDirectory() || (process.platform !== 'win32' && (state.uid !== uid || (state.mode & 0o022) !== 0)))
    throw new Error(`${own} is not a folder that only you can write to`);
  const folder = join(own, name);
  mkdirSync(folder, { mode: 0o700, recursive: true });
  return folder;
}

function executable(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
