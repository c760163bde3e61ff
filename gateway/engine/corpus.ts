import { sampleInputs } from './sample-inputs.ts';

/** A request that a candidate must answer before it may decide. */
export interface Case {
  /** For the operator. */
  readonly title: string;
  readonly input: unknown;
  /** What the bundle says that it must answer. */
  readonly allow?: boolean;
}

/** The cases are not what they should be. */
export class MalformedCases extends Error {
  override readonly name = 'MalformedCases';
}

const caseKeys = new Set(['input', 'allow']);

/**
 * All that a candidate is asked: requests that the gateway ships, the bundle's own at `data.regate.admission.cases`, and what has really been
 * asked of late.
 * @param own by title: `{"a contractor is denied": {"input": {...}, "allow": false}}`; `allow` may be left out
 * @param recent JSON texts
 * @throws MalformedCases
 */
export function makeCorpus(own: unknown, recent: readonly ArrayBuffer[]): readonly Case[] {
  const decoder = new TextDecoder();
  return [
    ...Object.entries(sampleInputs).map(([title, input]) => ({ title: `a sample request (${title})`, input })),
    ...readOwn(own),
    ...recent.map((text) => ({ title: 'a recent request', input: JSON.parse(decoder.decode(text)) as unknown })),
  ];
}

function readOwn(own: unknown): readonly Case[] {
  if (own === undefined) return [];
  return Object.entries(readObject(own, 'data.regate.admission.cases')).map(([name, value]) => {
    const title = `its own case ${JSON.stringify(name.slice(0, 200))}`;
    const one = readObject(value, title);
    const stray = Object.keys(one).find((key) => !caseKeys.has(key));
    if (stray !== undefined) throw new MalformedCases(`${title} has a key ${JSON.stringify(stray)}; a case has input and allow`);
    if (!Object.hasOwn(one, 'input')) throw new MalformedCases(`${title} has no input`);
    const { input, allow } = one;
    if (allow === undefined) return { title, input };
    if (typeof allow !== 'boolean') throw new MalformedCases(`the "allow" of ${title} is not a boolean`);
    return { title, input, allow };
  });
}

function readObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MalformedCases(`${what} is not an object`);
  return value as Readonly<Record<string, unknown>>;
}
