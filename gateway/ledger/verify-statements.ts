import { type KeyEntry, type KeyRing, makeKeyRing } from './checkpoint-keys.ts';
import type { Problem } from './problem.ts';
import type { ReadSegment } from './read-segment.ts';
import { isGenuine, type Retirement, readStatement, type Signed, type Statement } from './statement.ts';

/** A statement and where it stands. */
export interface SeenStatement extends Signed {
  readonly file: string;
  readonly line: number;
  /** The hash of the line before it; `undefined` where it is a copy, of which single lines may be missing. */
  readonly prev: string | undefined;
}

/** Gathers statements line by line. Header lines and closing lines are none. */
export function gatherStatement(into: SeenStatement[], file: string, bytes: Buffer, line: number, copied: boolean): void {
  const signed = readStatement(bytes);
  if (signed === undefined) return;
  const prev = copied ? undefined : bytes.toString('latin1', 0, 110).match(/"prev":"([0-9a-f]{64})"/)?.[1];
  into.push({ ...signed, file, line, prev });
}

export interface Believed {
  readonly statements: readonly (SeenStatement & { readonly statement: Statement })[];
  readonly problems: readonly Problem[];
  readonly ring: KeyRing;
}

/**
 * Sorts out which statements to believe.
 * @param trusted public keys that are known from elsewhere; where there are none, the first that is listed is believed
 * @param listed what the headers of checkpoint files list
 */
export function believe(seen: readonly SeenStatement[], trusted: readonly KeyEntry[], listed: readonly KeyEntry[]): Believed {
  const ring = makeKeyRing(trusted.length > 0 ? trusted : listed.slice(0, 1), listed);
  const problems: Problem[] = [];
  const statements = seen.filter((each) => {
    const message = doubt(each, ring);
    if (message !== undefined) problems.push({ segment: each.file, line: each.line, kind: 'altered', message });
    return message === undefined;
  });
  return { statements, problems, ring };
}

function doubt(each: SeenStatement, ring: KeyRing): string | undefined {
  const key = ring.get(each.key);
  const what = each.statement.kind;
  if (key === undefined) return `is a ${what} of the key ${each.key}, which no trusted key has handed over to`;
  if (!isGenuine(each, key)) return `is a ${what} whose signature is not that of its text`;
  if (each.prev !== undefined && each.statement.after !== each.prev) return `is a ${what} that was signed for another place`;
  return undefined;
}

/** The numbers of lines of each segment at which roots are to be compared. */
export function sizesOf(statements: Believed['statements']): ReadonlyMap<string, ReadonlySet<number>> {
  const sizes = new Map<string, Set<number>>();
  for (const { statement } of statements) {
    const known = sizes.get(statement.segment) ?? new Set();
    sizes.set(statement.segment, known.add(statement.size));
  }
  return sizes;
}

export function retirementsOf(statements: Believed['statements']): ReadonlyMap<string, Retirement> {
  return new Map(statements.flatMap(({ statement }) => (statement.kind === 'retirement' ? [[statement.segment, statement]] : [])));
}

/** Compares what was signed of one segment with what is there; tells the first difference. */
export function* compareSegment(
  name: string,
  found: ReadSegment | undefined,
  about: readonly SeenStatement[],
  retired: boolean,
): Generator<Problem> {
  const longest = about.reduce<SeenStatement | undefined>(
    (a, b) => (a === undefined || b.statement.size > a.statement.size ? b : a),
    undefined,
  );
  if (longest === undefined || (found === undefined && retired)) return;
  if (found === undefined) {
    yield { segment: name, kind: 'missing', message: `is gone; ${nameStatement(longest)} covers ${longest.statement.size} lines of it` };
    return;
  }
  if (longest.statement.size > found.lines) {
    const message = `and what follows is cut off; ${nameStatement(longest)} covers ${longest.statement.size} lines`;
    yield { segment: name, line: found.lines + 1, kind: 'missing', message };
  }
  // Where the chain itself is broken, that has been told, and it says more.
  if (found.fault !== undefined) return;
  let sound = 0;
  for (const each of about.toSorted((a, b) => a.statement.size - b.statement.size)) {
    const { size, root } = each.statement;
    if (size > found.lines) return;
    if (found.roots.get(size) === root) sound = size;
    else {
      const message = `is, or one up to line ${size} is, not what ${nameStatement(each)} covers: the chain was made anew from there`;
      yield { segment: name, line: sound + 1, kind: 'altered', message };
      return;
    }
  }
}

function nameStatement({ statement, file, line }: SeenStatement): string {
  return `the ${statement.kind} of ${statement.time} (${file} line ${line})`;
}

/** Which lines of a segment stand under a believed statement. */
export function coveredOf(statements: Believed['statements']): ReadonlyMap<string, number> {
  const covered = new Map<string, number>();
  for (const { statement } of statements) covered.set(statement.segment, Math.max(statement.size, covered.get(statement.segment) ?? 0));
  return covered;
}

/**
 * A segment is covered only after all that its header holds on to has been. So where it is covered and they are not, checkpoints were taken away.
 */
export function* findUncovered(
  { name, header }: ReadSegment,
  covered: ReadonlyMap<string, number>,
  asked: (segment: string) => boolean,
): Generator<Problem> {
  if (header === undefined || !covered.has(name)) return;
  for (const { segment, seq } of header.previous) {
    if (seq > (covered.get(segment) ?? 0) && asked(segment)) {
      const message = `is not covered by any checkpoint up to line ${seq}, although ${name}, which came later, is: checkpoints are missing`;
      yield { segment, kind: 'missing', message };
    }
  }
}

/**
 * For who has a key from elsewhere, what it should have signed and has not is a finding. Only the newest segment may hold on to something that is not covered
 * yet: its checkpoint is being made.
 */
export function* findUnvouched(
  { name, header }: ReadSegment,
  covered: ReadonlyMap<string, number>,
  asked: (segment: string) => boolean,
): Generator<Problem> {
  if (header === undefined || covered.has(name)) return;
  for (const { segment, seq } of header.previous) {
    if (seq > (covered.get(segment) ?? 0) && asked(segment)) {
      yield {
        segment,
        kind: 'missing',
        message: `stands under no checkpoint of a trusted key up to line ${seq}, where ${name} holds on to it`,
      };
    }
  }
}
