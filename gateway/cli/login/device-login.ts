import { setTimeout } from 'node:timers/promises';
import { CommandError } from '../command-error.ts';
import { callServer, type ServerAnswer } from './call-server.ts';
import type { ServerMetadata } from './server-metadata.ts';

export interface DeviceLoginNeeds {
  readonly ca?: string;
  /** Tells the person where to go, and the code to type there. */
  readonly tell: (page: string, code: string) => void;
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

/** Gets a token for a terminal without a browser (RFC 8628): the person approves on another device. @returns the answer that holds the token */
export async function loginByDevice(
  metadata: ServerMetadata,
  scope: string,
  { ca, tell, wait = setTimeout }: DeviceLoginNeeds,
): Promise<ServerAnswer> {
  if (metadata.deviceAuthorization === undefined)
    throw new CommandError('this gateway has no login for people; ask its operator for a login section');
  const begun = await callServer(metadata.deviceAuthorization, { client_id: 'regate-cli', ...(scope === '' ? {} : { scope }) }, ca);
  const { device_code: deviceCode, user_code: userCode, verification_uri: page, expires_in: life, interval } = begun.json;
  if (begun.status !== 200 || typeof deviceCode !== 'string' || typeof userCode !== 'string' || typeof page !== 'string') {
    throw new CommandError('the gateway does not begin a login for this terminal');
  }
  tell(page, userCode);
  let pauseMs = (typeof interval === 'number' ? interval : 5) * 1000;
  for (let waited = 0; waited <= Number(life ?? 600) * 1000; waited += pauseMs) {
    await wait(pauseMs);
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'regate-cli', device_code: deviceCode };
    const answer = await callServer(metadata.token, form, ca);
    const { error } = answer.json;
    // RFC 8628 section 3.5: from then on, five seconds more.
    if (error === 'slow_down') pauseMs += 5000;
    else if (error !== 'authorization_pending') return answer;
  }
  throw new CommandError('nobody approved within the time; begin again');
}
