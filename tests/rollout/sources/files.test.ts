import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeDirectorySource } from '../../../gateway/rollout/sources/directory.ts';
import { makeFileSource } from '../../../gateway/rollout/sources/file.ts';
import { keepingLogger, packBundle } from '../../engine/harness.ts';
import { describeSource, failed } from './contract.ts';

const logger = keepingLogger();
const maxBytes = 1 << 20;
const folder = () => mkdtemp(join(tmpdir(), 'regate-source-'));
const ask = { signal: new AbortController().signal };

async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
}

describeSource('a file', async () => {
  const at = await folder();
  const path = join(at, 'bundle.tar.gz');
  return {
    source: makeFileSource({ path, maxBytes, logger }),
    async publish(files) {
      await writeFile(`${path}.new`, await packBundle(Object.entries(files).map(([name, content]) => ({ name, content }))));
      await rename(`${path}.new`, path);
    },
    withdraw: () => rm(path, { force: true }),
    close: () => rm(at, { recursive: true }),
  };
});

describeSource('a directory', async () => {
  const at = await folder();
  const path = join(at, 'bundle');
  return {
    source: makeDirectorySource({ path, maxBytes, logger }),
    publish: (files) => writeFiles(path, files),
    withdraw: () => rm(path, { recursive: true, force: true }),
    close: () => rm(at, { recursive: true }),
  };
});

/** A volume as Kubernetes mounts it: `bundle` and `..data` are links, and a change is a new folder and one swap. */
async function mount(at: string) {
  let swaps = 0;
  return async (files: Readonly<Record<string, string>>): Promise<void> => {
    swaps += 1;
    await writeFiles(join(at, `..${swaps}`), files);
    await symlink(`..${swaps}`, join(at, '..tmp'));
    await rename(join(at, '..tmp'), join(at, '..data'));
    for (const name of Object.keys(files)) await symlink(join('..data', name), join(at, name)).catch(() => undefined);
  };
}

describeSource('a directory that Kubernetes mounts', async () => {
  const at = await folder();
  const swap = await mount(at);
  return {
    source: makeDirectorySource({ path: at, maxBytes, logger }),
    publish: async (files) => {
      await mkdir(at, { recursive: true });
      await swap(files);
    },
    withdraw: () => rm(at, { recursive: true, force: true }),
    close: () => rm(at, { recursive: true, force: true }),
  };
});

describe('a directory', () => {
  it('keeps what begins with a dot to itself, but for the manifest and the signatures', async () => {
    const path = await folder();
    await writeFiles(path, { '.manifest': '{}', '.signatures.json': '{}', '.env': 'SECRET=1', 'data.json': '{}' });
    await writeFiles(join(path, '.git'), { config: 'x' });
    await writeFiles(join(path, 'a/.hidden'), { 'x.rego': 'x' });
    const { received } = await makeDirectorySource({ path, maxBytes, logger }).ask(ask);
    const { unpackBundle } = await import('../../../gateway/bundle/unpack-bundle.ts');
    assert.deepEqual([...(await unpackBundle(received?.bytes ?? Buffer.alloc(0))).keys()], ['.manifest', '.signatures.json', 'data.json']);
    await rm(path, { recursive: true });
  });

  it('does not follow a link out of itself', async () => {
    const path = await folder();
    await writeFiles(path, { '.manifest': '{}' });
    await symlink('/etc/passwd', join(path, 'passwd.rego'));
    await assert.rejects(makeDirectorySource({ path, maxBytes, logger }).ask(ask), failed(['answer'], {}, /leads out of the directory/));
    await rm(path, { recursive: true });
  });

  it('does not go in circles', async () => {
    const path = await folder();
    await writeFiles(join(path, 'a'), { 'x.rego': 'x' });
    await symlink('..', join(path, 'a', 'up'));
    assert.ok((await makeDirectorySource({ path, maxBytes, logger }).ask(ask)).received);
    await rm(path, { recursive: true });
  });

  it('that is too large is refused before it is read', async () => {
    const path = await folder();
    await writeFiles(path, { 'data.json': `"${'x'.repeat(2000)}"` });
    await assert.rejects(makeDirectorySource({ path, maxBytes: 1000, logger }).ask(ask), failed(['too-large']));
    await rm(path, { recursive: true });
  });
});

describe('a file', () => {
  it('that is a directory or too large is refused', async () => {
    const path = await folder();
    await assert.rejects(makeFileSource({ path, maxBytes, logger }).ask(ask), failed(['answer'], {}, /not a regular file/));
    await writeFile(join(path, 'x'), 'x'.repeat(2000));
    await assert.rejects(makeFileSource({ path: join(path, 'x'), maxBytes: 1000, logger }).ask(ask), failed(['too-large']));
    await rm(path, { recursive: true });
  });

  it('that is mounted by Kubernetes is noticed when the volume is swapped', async () => {
    const at = await folder();
    const swap = await mount(at);
    await swap({ 'bundle.tar.gz': 'one' });
    const source = makeFileSource({ path: join(at, 'bundle.tar.gz'), maxBytes, logger });
    const { received } = await source.ask(ask);
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = source.watch?.(resolve);
    await swap({ 'bundle.tar.gz': 'two' });
    await promise;
    end?.();
    const next = await source.ask({ ...ask, validator: received?.validator ?? '' });
    assert.equal(next.received?.bytes.toString(), 'two');
    await rm(at, { recursive: true });
  });
});
