import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One of OPA's cases, as toolchain/conformance writes it. */
export interface Case {
  readonly note: string;
  readonly file: string;
  /** Why it does not compile; there is no module then. */
  readonly error?: string;
  /** JSON text: its numbers must not pass through JavaScript's. */
  readonly data: string;
  readonly input?: unknown;
  /** JSON text of the bindings that must come. */
  readonly wantResult?: string;
  readonly wantDefined?: boolean;
  readonly wantErrorCode?: string;
  readonly wantError?: string;
  readonly sortBindings?: boolean;
  readonly strictError?: boolean;
  readonly module: Uint8Array<ArrayBuffer>;
}

const toolchain = join(import.meta.dirname, '..', '..', 'toolchain');
const opa = 'github.com/open-policy-agent/opa';

/**
 * Compiles OPA's cases with OPA itself and yields them one by one as they come; all of them together are some 330 MB.
 * @param only a regular expression of the notes that are wanted
 * @throws Error where there is no Go, the modules cannot be had, or the compiler breaks
 */
export async function* readCases(only: string): AsyncGenerator<Case> {
  const scratch = mkdtempSync(join(tmpdir(), 'regate-conformance-'));
  try {
    const program = join(scratch, 'compile-cases');
    go(['mod', 'download', opa]);
    go(['build', '-o', program, './conformance']);
    const cases = join(go(['list', '-m', '-f', '{{.Dir}}', opa]).trim(), 'v1/test/cases/testdata/v1');
    yield* records(program, ['-cases', cases, '-only', only]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function go(args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync('go', args, { cwd: toolchain, encoding: 'utf8' });
  if (error !== undefined) throw new Error('OPA’s cases are compiled with Go 1.26 or later; "go" cannot be run', { cause: error });
  if (status !== 0) throw new Error(`go ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function* records(program: string, args: readonly string[]): AsyncGenerator<Case> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  let held: Buffer = Buffer.alloc(0);
  let ended = false;
  const chunks = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;

  async function take(length: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [held];
    let have = held.length;
    while (have < length && !ended) {
      const next = await chunks.next();
      if (next.done === true) ended = true;
      else {
        parts.push(next.value);
        have += next.value.length;
      }
    }
    const all = Buffer.concat(parts);
    held = all.subarray(length);
    if (all.length === 0 && length > 0) return undefined;
    if (all.length < length) throw new Error('the stream of cases ends in the middle of one');
    return all.subarray(0, length);
  }

  const part = async () => {
    const length = await take(4);
    return length === undefined ? undefined : ((await take(length.readUInt32LE())) ?? Buffer.alloc(0));
  };

  for (let text = await part(); text !== undefined; text = await part()) {
    yield toCase(text.toString(), new Uint8Array((await part()) ?? []));
  }
  const code = await closed;
  if (code !== 0) throw new Error(`the compiler of cases ended with ${code}`);
}

function toCase(text: string, module: Uint8Array<ArrayBuffer>): Case {
  const record = JSON.parse(text) as Record<string, unknown>;
  const optional = (name: string, as: string) => (record[name] === undefined ? {} : { [as]: record[name] });
  return {
    note: String(record['note']),
    file: String(record['file']),
    data: String(record['data']),
    module,
    ...optional('error', 'error'),
    ...optional('input', 'input'),
    ...optional('want_result', 'wantResult'),
    ...optional('want_defined', 'wantDefined'),
    ...optional('want_error_code', 'wantErrorCode'),
    ...optional('want_error', 'wantError'),
    ...optional('sort_bindings', 'sortBindings'),
    ...optional('strict_error', 'strictError'),
  };
}
