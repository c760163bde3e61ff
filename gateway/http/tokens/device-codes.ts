import type { Clock } from '../../vocabulary/clock.ts';
import type { Shelf } from '../../vocabulary/session.ts';
import { hashOf } from './secrets.ts';

/** A device that waits for a person's word. */
export interface DeviceRequest {
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Where the device asked from, for the person to recognise. */
  readonly address: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type DeviceAnswer = { readonly approved: string } | 'denied';

interface Kept extends DeviceRequest {
  readonly userCode: string;
  readonly until: number;
}

export interface DeviceCodes {
  begin(request: DeviceRequest): Promise<{ readonly deviceCode: string; readonly userCode: string }>;
  /** What waits under a user code, as people type it. */
  find(userCode: string): Promise<DeviceRequest | undefined>;
  /** Takes the person's word; a user code takes one. @param answer the session that approves, or `denied` */
  answer(userCode: string, answer: DeviceAnswer): Promise<boolean>;
  /** What the device is told. `slow`: it asks more often than it was told to (RFC 8628 section 3.5). An answer is given once. */
  poll(deviceCode: string): Promise<'pending' | 'slow' | 'unknown' | 'denied' | (DeviceRequest & { readonly sessionId: string })>;
}

export const deviceLifeSeconds = 600;
export const pollSeconds = 5;

/** No vowels, so no words; nothing that looks like something else (RFC 8628 section 6.1). 20^8 of them, about 34 bits. */
const letters = 'BCDFGHJKLMNPQRSTVWXZ';
const codeLength = 8;

/** Makes the keeper of device codes (RFC 8628). The device's code is a secret of 256 bits; the person's is short, and only good with a session. */
export function makeDeviceCodes({
  shelf,
  clock,
  randomBytes,
}: {
  readonly shelf: Shelf;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Uint8Array;
}): DeviceCodes {
  const lifeMs = deviceLifeSeconds * 1000;

  async function waiting(userCode: string): Promise<{ readonly device: string; readonly kept: Kept } | undefined> {
    const device = await shelf.get(`user-code:${normalise(userCode)}`);
    const text = device === undefined ? undefined : await shelf.get(`device:${device}`);
    return device === undefined || text === undefined ? undefined : { device, kept: JSON.parse(text) as Kept };
  }

  return {
    async begin(request) {
      const deviceCode = Buffer.from(randomBytes(32)).toString('base64url');
      const until = clock.now() + lifeMs;
      let userCode = drawCode(randomBytes);
      while (!(await shelf.add(`user-code:${userCode}`, hashOf(deviceCode), until))) userCode = drawCode(randomBytes);
      await shelf.put(`device:${hashOf(deviceCode)}`, JSON.stringify({ ...request, userCode, until } satisfies Kept), until);
      return { deviceCode, userCode: `${userCode.slice(0, 4)}-${userCode.slice(4)}` };
    },
    async find(userCode) {
      const found = await waiting(userCode);
      if (found === undefined) return undefined;
      const { userCode: _code, until: _until, ...request } = found.kept;
      return request;
    },
    async answer(userCode, answer) {
      const found = await waiting(userCode);
      if (found === undefined || (await shelf.take(`user-code:${normalise(userCode)}`)) === undefined) return false;
      return shelf.add(`device-answer:${found.device}`, JSON.stringify(answer), found.kept.until);
    },
    async poll(deviceCode) {
      const device = hashOf(deviceCode);
      const text = await shelf.get(`device:${device}`);
      if (text === undefined) return 'unknown';
      const kept = JSON.parse(text) as Kept;
      const answered = await shelf.take(`device-answer:${device}`);
      if (answered === undefined) {
        const inTime = await shelf.add(`device-poll:${device}`, '', clock.now() + (pollSeconds - 1) * 1000);
        return inTime ? 'pending' : 'slow';
      }
      await shelf.take(`device:${device}`);
      const answer = JSON.parse(answered) as DeviceAnswer;
      if (answer === 'denied') return 'denied';
      const { userCode: _code, until: _until, ...request } = kept;
      return { ...request, sessionId: answer.approved };
    },
  };
}

function normalise(userCode: string): string {
  return userCode
    .toUpperCase()
    .replace(/[^A-Z]/g, '')
    .slice(0, codeLength + 1);
}

function drawCode(randomBytes: (size: number) => Uint8Array): string {
  let code = '';
  while (code.length < codeLength) {
    // 240 is a multiple of 20: larger bytes would favour the first letters.
    for (const byte of randomBytes(codeLength)) if (byte < 240 && code.length < codeLength) code += letters.charAt(byte % letters.length);
  }
  return code;
}
