import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { TestContext } from 'node:test';
import { startDemoGateway } from '../../main/gateway.ts';
import { readRecords } from './records.ts';

/** The whole demo gateway with its administrative doors. */
export async function startAdmin(t: TestContext, more: Parameters<typeof startDemoGateway>[1] = {}) {
  const { gateway, demo, directory, post } = await startDemoGateway(t, more);
  const ca = await readFile(gateway.caPath ?? '');
  const knock = (method: string, path: string, caller?: string, body?: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; json: Record<string, unknown> }>((resolve, reject) => {
      const authorization = caller === undefined ? {} : { authorization: `Bearer ${demo.tokens[caller] ?? caller}` };
      const call = request(`${gateway.adminUrl}${path}`, { method, ca, headers: { ...authorization, ...headers } }, async (answer) => {
        let text = '';
        for await (const chunk of answer) text += String(chunk);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, json: JSON.parse(text) });
      });
      call.on('error', reject);
      call.end(body);
    });
  return { knock, post, demo, gateway, directory, records: () => readRecords(directory) };
}
