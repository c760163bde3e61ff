import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parse } from 'yaml';
import { loadConfiguration } from '../../gateway/config/load.ts';
import { type Demo, prepareDemo } from '../../gateway/demo/demo.ts';
import type { FileSystemPort } from '../../gateway/ledger/file-system.ts';
import { type Gateway, startGateway } from '../../gateway/main.ts';
import { newId } from '../../gateway/observe/new-id.ts';
import type { Configuration } from '../../gateway/vocabulary/configuration.ts';
import type { Logger } from '../../gateway/vocabulary/logger.ts';

export interface DemoGateway {
  readonly gateway: Gateway;
  readonly demo: Demo;
  readonly directory: string;
  post(
    path: string,
    caller: string,
    body: object,
  ): Promise<{ readonly status: number; readonly headers: NodeJS.Dict<string | string[]>; readonly text: string }>;
}

/** The parts of the demo's configuration that tests change. */
export interface DemoFile {
  policy: Record<string, unknown> & { bundle: string };
}

export const silent: Logger = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

/** The whole gateway in this process, composed as `regate demo` composes it, on free ports. */
export async function startDemoGateway(
  t: TestContext,
  more: {
    readonly files?: FileSystemPort;
    readonly logger?: Logger;
    /** Changes the demo's configuration before it is read. */
    readonly change?: (configuration: DemoFile, directory: string) => void | Promise<void>;
    readonly configure?: (configuration: Configuration) => Configuration;
  } = {},
): Promise<DemoGateway> {
  const directory = mkdtempSync(join(tmpdir(), 'regate-main-'));
  const demo = await prepareDemo({
    directory: join(directory, 'dev'),
    port: 0,
    doorsPort: 0,
    adminPort: 0,
    environment: {},
    newId: () => newId(Date.now()),
    journal: 100,
  });
  if (more.change !== undefined) {
    const file = parse(await readFile(demo.configurationPath, 'utf8')) as DemoFile;
    await more.change(file, directory);
    // JSON is YAML.
    await writeFile(demo.configurationPath, JSON.stringify(file));
  }
  const configuration = loadConfiguration(demo.configurationPath, { environment: {} });
  const gateway = await startGateway(more.configure?.(configuration) ?? configuration, {
    logger: more.logger ?? silent,
    environment: {},
    ...(more.files === undefined ? {} : { files: more.files }),
  });
  const agent = new Agent({ keepAlive: true, ca: await readFile(gateway.caPath ?? '') });
  t.after(async () => {
    agent.destroy();
    await gateway.stop();
    await demo.upstream.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const post: DemoGateway['post'] = (path, caller, body) =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${demo.tokens[caller] ?? caller}`, 'content-type': 'application/json' };
      const call = request(`${gateway.url}${path}`, { method: 'POST', agent, headers }, async (answer) => {
        let text = '';
        for await (const chunk of answer) text += String(chunk);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
      });
      call.on('error', reject);
      call.end(JSON.stringify(body));
    });
  return { gateway, demo, directory, post };
}
