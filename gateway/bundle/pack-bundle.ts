import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { pack } from 'tar-stream';
import type { BundleFiles } from './bundle-files.ts';

/** RFC 1952 section 2.3.1: where the header of gzip says which system made it, and the value for "unknown". */
const systemByte = 9;
const unknownSystem = 255;
const compress = promisify(gzip);

/** Packs files into a tar.gz as OPA lays bundles out: names with a leading slash, no owner, the beginning of time. The same files give the same bytes. */
export async function packBundle(files: BundleFiles): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of files)
    tar.entry({ name: `/${name}`, mode: 0o600, mtime: new Date(0), uid: 0, gid: 0 }, Buffer.from(content));
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  const packed = await compress(Buffer.concat(chunks), { level: 9 });
  packed[systemByte] = unknownSystem;
  return packed;
}
