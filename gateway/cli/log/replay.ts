import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type BackendData, catalogueData } from '../../engine/catalogue-data.ts';
import type { Toolchain } from '../../toolchain/toolchain.ts';
import type { Catalogue } from '../../vocabulary/catalogue.ts';
import type { DecidedRecord } from '../../vocabulary/record.ts';

/** What a decision is asked again with. */
export interface ReplayNeeds {
  readonly toolchain: Toolchain;
  readonly hostBuiltins: readonly string[];
  readonly cwd: string;
  /** Directories of the policies' sources, relative to `cwd`. */
  readonly policies: readonly string[];
  readonly catalogue?: Catalogue;
}

/** A recorded decision, asked again. */
export interface Replay {
  readonly answer: unknown;
  /** The revision that a bundle of the sources would have. */
  readonly revision: string;
  /** Built-ins of which the replay took values that are not on record. */
  readonly fresh: readonly string[];
  readonly explanation: unknown;
  /** The explanation for people. */
  readonly text: string;
}

/** The toolchain's own report where the sources cannot be asked. */
export interface NoReplay {
  readonly failed: string;
}

interface EvalReport {
  readonly revision: string;
  readonly fresh: readonly string[];
  readonly result?: readonly { readonly expressions: readonly { readonly value: unknown }[] }[];
  readonly explanation: unknown;
  readonly explanation_text: string;
}

/** A record may hold what an evaluation took beside its input, as OPA's records do. */
type Recorded = DecidedRecord & { readonly nd_builtin_cache?: unknown };

/**
 * Puts the input that a record holds to the policies' sources again, with what the evaluation took besides. Nothing is filled in: what the mask
 * took out stays out.
 */
export async function replay(record: Recorded, needs: ReplayNeeds): Promise<Replay | NoReplay> {
  const folder = mkdtempSync(join(tmpdir(), 'regate-replay-'));
  try {
    const input = join(folder, 'input.json');
    const nd = join(folder, 'nd.json');
    const data = join(folder, 'data.json');
    const backends: Readonly<Record<string, BackendData>> = needs.catalogue === undefined ? {} : catalogueData(needs.catalogue);
    // What a policy is given is nobody else's to read.
    const write = (file: string, value: unknown) => writeFileSync(file, JSON.stringify(value), { mode: 0o600 });
    write(input, record.input);
    write(nd, record.nd_builtin_cache ?? {});
    write(data, { regate: { backends } });
    const result = await needs.toolchain.run({
      command: 'eval',
      cwd: needs.cwd,
      paths: [...needs.policies, folder],
      args: () => [
        `-host-builtins=${needs.hostBuiltins.join(',')}`,
        '-format=json',
        '-explain=rules',
        `-entrypoint=${record.path ?? ''}`,
        `-input=${input}`,
        `-nd=${nd}`,
        `-data=${data}`,
        ...pointers(record.erased).map((pointer) => `-erased=${pointer}`),
        ...pointers(record.masked).map((pointer) => `-masked=${pointer}`),
        ...needs.policies,
      ],
    });
    const report = parse(result.stdout);
    if (report === undefined) return { failed: result.stderr || result.stdout };
    return {
      answer: report.result?.[0]?.expressions[0]?.value,
      revision: report.revision,
      fresh: report.fresh,
      explanation: report.explanation,
      text: report.explanation_text,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A report of errors is no answer; an undefined answer is. */
function parse(stdout: string): EvalReport | undefined {
  if (stdout === '') return undefined;
  const report = JSON.parse(stdout) as Partial<EvalReport>;
  return report.revision === undefined ? undefined : (report as EvalReport);
}

/** Those of a record's pointers that lead into its input. */
export function pointers(all: readonly string[] | undefined): readonly string[] {
  return (all ?? []).filter((pointer) => pointer === '/input' || pointer.startsWith('/input/'));
}

/** Tells whether the answer is that of the record, as far as the record tells: allow or not, and the codes of the reasons. */
export function isSameAnswer(record: DecidedRecord, answer: unknown): boolean {
  const { allow, reasons } = (answer ?? {}) as { allow?: unknown; reasons?: readonly { code?: unknown }[] };
  const recorded = (record.result ?? {}) as { allow?: unknown };
  const allowed = typeof recorded.allow === 'boolean' ? recorded.allow : record.decision === 'allow';
  const codes = (several: readonly { code?: unknown }[] | undefined) => (several ?? []).map(({ code }) => String(code)).sort();
  return allow === allowed && isDeepStrictEqual(codes(reasons), codes(record.policy?.reasons));
}
