import { readFile } from 'node:fs/promises';
import { round } from './statistics.ts';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** What `Profiler.stop` gives (Chrome DevTools protocol, `Profiler.Profile`). */
interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Share {
  readonly name: string;
  /** Microseconds per request. */
  readonly us: number;
}

export interface ProfileSummary {
  /** Microseconds per request in which the main thread was busy. */
  readonly busyUs: number;
  /** By the code that ran. */
  readonly self: readonly Share[];
  /** By our innermost stage or room on the stack: what Node and libraries did on its behalf is its own. */
  readonly onBehalf: readonly Share[];
  /** The single functions with the most time of their own. */
  readonly functions: readonly Share[];
}

const notRunning = new Set(['(idle)', '(root)']);

/** Sums a profile up. It sees the main thread only: the thread pool, which writes and syncs the decision log, is not in it. */
export async function readProfile(path: string, requests: number): Promise<ProfileSummary> {
  const { nodes, samples, timeDeltas } = JSON.parse(await readFile(path, 'utf8')) as Profile;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const self = new Map<string, number>();
  const onBehalf = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;

  const owners = new Map<number, string>();
  const ownerOf = (node: ProfileNode): string => {
    const known = owners.get(node.id);
    if (known !== undefined) return known;
    const own = ourRoom(node.callFrame.url);
    const parent = byId.get(parents.get(node.id) ?? -1);
    const owner = own ?? (parent === undefined || parent.callFrame.functionName === '(root)' ? outermost(node) : ownerOf(parent));
    owners.set(node.id, owner);
    return owner;
  };

  for (const [index, id] of samples.entries()) {
    const node = byId.get(id);
    const spent = timeDeltas[index] ?? 0;
    if (node === undefined || notRunning.has(node.callFrame.functionName)) continue;
    busy += spent;
    add(self, roomOf(node), spent);
    add(onBehalf, ownerOf(node), spent);
    add(functions, nameOf(node), spent);
  }
  const rank = (sums: ReadonlyMap<string, number>, least: number): readonly Share[] =>
    [...sums]
      .map(([name, spent]) => ({ name, us: round(spent / requests) }))
      .filter(({ us }) => us >= least)
      .sort((left, right) => right.us - left.us);
  return {
    busyUs: round(busy / requests),
    self: rank(self, 0.5),
    onBehalf: rank(onBehalf, 0.5),
    functions: rank(functions, 1).slice(0, 60),
  };
}

function add(sums: Map<string, number>, name: string, spent: number): void {
  sums.set(name, (sums.get(name) ?? 0) + spent);
}

/** `pipeline/collect`, `engine`, `server.ts`, … for our files; `undefined` for others. */
function ourRoom(url: string): string | undefined {
  const path = /\/gateway\/(.+)$/.exec(url)?.[1];
  if (path === undefined || url.includes('/node_modules/')) return undefined;
  const [first = '', second = ''] = path.split('/');
  return first === 'pipeline' ? `pipeline/${second}` : first;
}

function roomOf({ callFrame: { functionName, url } }: ProfileNode): string {
  if (url.startsWith('wasm:')) return 'engine: WebAssembly';
  const own = ourRoom(url);
  if (own !== undefined) return own;
  const library = /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (library !== undefined) return `library: ${library}`;
  if (url.startsWith('node:')) return group(url);
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName === '(program)') return 'native outside JavaScript: TLS records, libuv, parsing';
  return 'native called from JavaScript: crypto, sockets, JSON, buffers';
}

function group(url: string): string {
  if (/tls|crypto|https/.test(url)) return 'node: tls, https, crypto';
  if (/http/.test(url)) return 'node: http';
  if (/stream/.test(url)) return 'node: streams';
  if (/net|dns/.test(url)) return 'node: net';
  if (/timers|task_queues|async/.test(url)) return 'node: timers, promises, async hooks';
  if (/events/.test(url)) return 'node: events';
  return 'node: the rest';
}

function outermost(node: ProfileNode): string {
  const { functionName, url } = node.callFrame;
  if (functionName.startsWith('(')) return roomOf(node);
  return `outside our code, entered by ${url === '' ? functionName : url.replace(/^.*\/node_modules\//, '')}`;
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const place = url.replace(/^.*\/(?=node_modules\/|gateway\/)/, '');
  return `${functionName === '' ? '(anonymous)' : functionName} ${place === '' ? '' : `${place}:${lineNumber + 1}`}`.trim();
}
