import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { BundleBreakage } from '../../errors.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { Content } from '../feed.ts';
import type { Disk } from './disk.ts';
import { type Activation, emptyState, isDigest, parseState, type State } from './state.ts';

export interface StoreNeeds {
  /** Absolute path; one gateway has it to itself. */
  readonly directory: string;
  /** How many combinations are kept. */
  readonly keep: number;
  readonly disk: Disk;
  readonly logger: Logger;
}

/** The bundles that have been in force, on disk. */
export interface Store {
  /** Reads what is there. @throws BundleBreakage `store` */
  open(): Promise<void>;
  /** Newest first. */
  activations(): readonly Activation[];
  /** When the source of a bundle last confirmed it, in milliseconds since the epoch. */
  confirmedAt(bundle: string): number | undefined;
  /**
   * The contents of an activation, by bundle.
   * @throws BundleBreakage `store` where one is not there, or is not what its name says
   */
  contentsOf(activation: Activation): Promise<ReadonlyMap<string, Content>>;
  /**
   * Keeps a combination that is about to be in force. Nothing is lost of what was kept before, whenever it breaks off.
   * @throws BundleBreakage `store`
   */
  save(activation: Activation, contents: ReadonlyMap<string, Content>, confirmed: State['confirmed']): Promise<void>;
  /** Keeps when the sources last confirmed what they have. @throws BundleBreakage `store` */
  confirm(confirmed: State['confirmed']): Promise<void>;
  /** The digest of the activation that an operator holds the gateway to. It may have been written by another process. */
  pinned(): Promise<string | undefined>;
  /** @throws BundleBreakage `store` */
  pin(digest: string | undefined): Promise<void>;
}

const stateFile = 'state.json';
const pinFile = 'pinned';

/**
 * Makes the store: `state.json`, `pinned`, and a file for each bundle, named by its digest. Every file is written beside its place and renamed, so
 * that what is there is whole; a bundle is held against its name before it is used.
 */
export function makeStore({ directory, keep, disk, logger }: StoreNeeds): Store {
  const at = (name: string) => join(directory, name);
  let state = emptyState;

  async function load(): Promise<State> {
    const bytes = await readIfThere(stateFile);
    if (bytes === undefined) return emptyState;
    const read = parseState(bytes);
    if (read !== undefined) return read;
    // It names what to fall back on, no more: without it the sources must be there.
    logger.error('The state of the bundle store is damaged and is put aside; nothing that is kept there is used', { directory });
    await disk.rename(at(stateFile), at(`${stateFile}.damaged`)).catch((cause: unknown) => {
      throw describe('the damaged state of the bundle store cannot be put aside', cause);
    });
    return emptyState;
  }

  async function readIfThere(name: string): Promise<Buffer | undefined> {
    try {
      return await disk.read(at(name));
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return undefined;
      throw describe(`${name} of the bundle store cannot be read`, cause);
    }
  }

  async function place(name: string, bytes: Uint8Array): Promise<void> {
    const draft = `${name}.${randomBytes(6).toString('hex')}.new`;
    try {
      await disk.makeDirectory(directory);
      await disk.write(at(draft), bytes);
      await disk.rename(at(draft), at(name));
    } catch (cause) {
      // Whether the draft can be taken away or not, the failure to tell of is the first one.
      await disk.remove(at(draft)).catch(() => undefined);
      throw describe('the bundle cannot be kept on disk', cause);
    }
  }

  async function write(next: State): Promise<void> {
    await place(stateFile, Buffer.from(`${JSON.stringify(next, null, 2)}\n`));
    state = next;
  }

  async function readPin(): Promise<string | undefined> {
    const text = (await readIfThere(pinFile))?.toString().trim();
    if (text === undefined || text === '') return undefined;
    if (!isDigest(text))
      throw new BundleBreakage('store', 'the file "pinned" of the bundle store holds no digest; roll back again, or release');
    return text;
  }

  /** Removes what no kept activation names. It is not needed any more, so failing to is told and no more. */
  async function tidy(): Promise<void> {
    const named = new Set(state.activations.flatMap(({ bundles }) => bundles.map(({ digest }) => fileOf(digest))));
    try {
      for (const name of await disk.list(directory)) {
        if (/^[0-9a-f]{64}\.tar\.gz$/.test(name) ? !named.has(name) : name.endsWith('.new')) await disk.remove(at(name));
      }
    } catch (cause) {
      logger.warn('Bundles that are no longer needed could not be removed', { directory, cause });
    }
  }

  return {
    async open() {
      state = await load();
    },
    activations: () => state.activations,
    confirmedAt: (bundle) => {
      const time = state.confirmed[bundle];
      return time === undefined ? undefined : Date.parse(time);
    },

    async contentsOf({ bundles }) {
      const contents = new Map<string, Content>();
      for (const { name, digest, validator } of bundles) {
        const bytes = await readIfThere(fileOf(digest));
        if (bytes === undefined) throw new BundleBreakage('store', `the bundle store has lost the bundle ${name}`, { bundle: name });
        if (createHash('sha256').update(bytes).digest('hex') !== digest) {
          throw new BundleBreakage('store', `the bundle ${name} in the bundle store is not what its name says`, { bundle: name });
        }
        contents.set(name, { bytes, digest, ...(validator === undefined ? {} : { validator }) });
      }
      return contents;
    },

    async save(activation, contents, confirmed) {
      const there = new Set(await disk.list(directory).catch(() => []));
      for (const { digest, bytes } of contents.values()) {
        if (!there.has(fileOf(digest))) await place(fileOf(digest), bytes);
      }
      const pinned = await readPin();
      const others = state.activations.filter(({ digest }) => digest !== activation.digest);
      const kept = others.filter(({ digest }, index) => index < keep - 1 || digest === pinned);
      await write({ ...state, activations: [activation, ...kept], confirmed: { ...state.confirmed, ...confirmed } });
      await tidy();
    },

    confirm: (confirmed) => write({ ...state, confirmed: { ...state.confirmed, ...confirmed } }),

    pinned: readPin,

    async pin(digest) {
      if (digest === undefined)
        await disk.remove(at(pinFile)).catch((cause: unknown) => {
          throw describe('the pin cannot be removed', cause);
        });
      else await place(pinFile, Buffer.from(`${digest}\n`));
    },
  };
}

function fileOf(digest: string): string {
  return `${digest}.tar.gz`;
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

function describe(what: string, cause: unknown): BundleBreakage {
  const code = codeOf(cause);
  return new BundleBreakage('store', `${what}${code === undefined ? '' : ` (${code})`}${code === 'ENOSPC' ? ': the disk is full' : ''}`, {
    cause,
  });
}
