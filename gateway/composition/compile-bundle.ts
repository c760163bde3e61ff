import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type BundleFiles, signaturesFile } from '../bundle/bundle-files.ts';
import { unpackBundle } from '../bundle/unpack-bundle.ts';
import { requireVerified } from '../bundle/verify-bundle.ts';
import type { CandidateBundle } from '../engine/prepare.ts';
import { Breakage, BundleBreakage, type ErrorCode } from '../errors.ts';
import type { Toolchain } from '../toolchain/toolchain.ts';

export interface CompileBundleNeeds {
  readonly toolchain: Toolchain;
  /** Names of the built-ins that the gateway lends to policies. */
  readonly hostBuiltins: readonly string[];
}

/** Of what the compiler says, so much that the first mistake is in it. */
const longestComplaint = 2000;
const output = 'bundle.tar.gz';

/**
 * Makes what compiles a bundle that brings only Rego, as `regate policy build` would: checked, with the gateway's built-ins only. What is not signed, where
 * it must be, is not compiled. All others are passed on as they came.
 * @throws (the function) BundleBreakage `signature` or `admission`
 */
export function makeCompileBundle({ toolchain, hostBuiltins }: CompileBundleNeeds): (bundle: CandidateBundle) => Promise<CandidateBundle> {
  async function compile(name: string, files: BundleFiles): Promise<Uint8Array> {
    // Go resolves symbolic links in no path that WASI opens for it; a temporary directory may be one (macOS).
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'regate-compile-')));
    try {
      await writeFiles(join(folder, name), files);
      const result = await toolchain.run({
        command: 'build',
        cwd: folder,
        paths: [name],
        leaves: [output],
        args: (scratch) => [`-host-builtins=${hostBuiltins.join(',')}`, `-output=${scratch}/${output}`, name],
      });
      const compiled = result.files.get(output);
      if (result.code !== 0 || compiled === undefined) throw new Breakage('policy.unavailable', complaint(result.stderr));
      return compiled;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  return async (bundle) => {
    const { name, bytes, verification } = bundle;
    const files = await blame(name, 'admission', () => unpackBundle(bytes));
    const onlyRego = !files.has('policy.wasm') && [...files.keys()].some((file) => file.endsWith('.rego'));
    if (!onlyRego) return bundle;
    if (verification !== undefined) await blame(name, 'signature', async () => requireVerified(files, verification));
    return { ...bundle, compiled: await blame(name, 'admission', () => compile(name, files)) };
  };
}

/** The names have been checked to be plain and relative. */
async function writeFiles(folder: string, files: BundleFiles): Promise<void> {
  for (const [name, content] of files) {
    if (name === signaturesFile) continue;
    await mkdir(join(folder, dirname(name)), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, name), content, { mode: 0o600 });
  }
}

function complaint(stderr: string): string {
  return `the bundle holds only Rego, and it does not compile: ${stderr.trim().slice(0, longestComplaint)}`;
}

const ofBundles: ReadonlySet<ErrorCode> = new Set(['policy.unavailable', 'gateway.error']);

/** Says which bundle is to blame, and for what. A toolchain that is not there is told as it tells itself. */
async function blame<T>(bundle: string, kind: 'admission' | 'signature', run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof Breakage) || !ofBundles.has(cause.code)) throw cause;
    throw new BundleBreakage(kind, cause.message, { bundle, cause });
  }
}
