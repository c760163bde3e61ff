import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { packBundle } from '../../bundle/pack-bundle.ts';
import { BundleBreakage } from '../../errors.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import { describeReadError } from './file.ts';
import type { Source } from './source.ts';
import { watchPath } from './watch-path.ts';

export interface DirectorySourceNeeds {
  readonly path: string;
  readonly maxBytes: number;
  readonly logger: Logger;
}

/** One file of the bundle. */
interface Found {
  /** From the directory, with slashes. */
  readonly name: string;
  readonly path: string;
  readonly sight: string;
}

/** Names that begin with a dot are the file system's and the editors' business (`..data`, `.git`), but for these two. */
const dotted: ReadonlySet<string> = new Set(['.manifest', '.signatures.json']);
const mostFiles = 10_000;

/**
 * Makes the source that is a directory in which a bundle lies unpacked. It is packed the same way each time, so that equal content has an equal
 * digest, and then goes the way of all bundles.
 */
export function makeDirectorySource({ path, maxBytes, logger }: DirectorySourceNeeds): Source {
  return {
    origin: path,
    async ask({ validator }) {
      try {
        const files = await list(path, maxBytes);
        const sight = sightOf(files);
        if (sight === validator) return {};
        const bytes = await packBundle(
          new Map(await Promise.all(files.map(async ({ name, path: at }) => [name, await readFile(at)] as const))),
        );
        // Named only if nothing was being written meanwhile.
        return { received: { bytes, ...(sightOf(await list(path, maxBytes)) === sight ? { validator: sight } : {}) } };
      } catch (cause) {
        throw describeReadError(cause);
      }
    },
    // The path as one in its folder, and as a folder itself.
    watch(changed) {
      const ends = [watchPath(path, changed, logger), watchPath(join(path, '.manifest'), changed, logger)];
      return () => {
        for (const end of ends) end();
      };
    },
  };
}

async function list(path: string, maxBytes: number): Promise<readonly Found[]> {
  const top = await realpath(path);
  const found: Found[] = [];
  let bytes = 0;

  async function walk(folder: string, prefix: string): Promise<void> {
    const entries = (await readdir(folder)).sort();
    for (const name of entries) {
      if (name.startsWith('.') && !(prefix === '' && dotted.has(name))) continue;
      const at = join(folder, name);
      // A volume's files are links to their newest version, so links are followed, but never out of the directory.
      if (!`${await realpath(at)}${sep}`.startsWith(`${top}${sep}`)) {
        throw new BundleBreakage('answer', `the bundle cannot be read: ${prefix}${name} is a link that leads out of the directory`);
      }
      const seen = await stat(at, { bigint: true });
      if (seen.isDirectory()) {
        // A link to a folder could lead in a circle.
        if ((await realpath(at)) === join(await realpath(folder), name)) await walk(at, `${prefix}${name}/`);
        continue;
      }
      if (!seen.isFile()) throw new BundleBreakage('answer', `the bundle cannot be read: ${prefix}${name} is not a regular file`);
      bytes += Number(seen.size);
      if (bytes > maxBytes || found.length >= mostFiles) {
        throw new BundleBreakage('too-large', `the bundle is larger than ${maxBytes} bytes or has more than ${mostFiles} files`);
      }
      const sight = `${seen.ino}:${seen.size}:${seen.mtimeNs}:${seen.ctimeNs}`;
      found.push({ name: `${prefix}${name}`, path: at, sight });
    }
  }

  await walk(path, '');
  return found;
}

function sightOf(files: readonly Found[]): string {
  const hash = createHash('sha256');
  for (const { name, sight } of files) hash.update(JSON.stringify([name, sight]));
  return hash.digest('hex');
}
