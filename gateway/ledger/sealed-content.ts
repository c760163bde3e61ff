import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { ContentPart } from '../vocabulary/content.ts';
import type { ContentKey } from './content-keys.ts';

/*
 * One piece of content as it lies on the disk: a line of JSON, which says what it is and under which key, and then the sealed bytes.
 *
 *     {"schema":"regate.content/1","decision_id":"…","part":"prompt","key":"<id>","wrapped":"<base64>","nonce":"<base64>"}\n
 *     <AES-256-GCM of the bytes under the data key, with the line as associated data> <tag, 16 bytes>
 *
 * `wrapped` is the data key, 32 bytes that are made for this piece alone, under the operator's key: nonce, ciphertext, tag, with
 * `regate.content/1`, decision id and part as associated data. A piece can thus neither be read nor passed off as another's.
 */

export interface ContentLabel {
  readonly decisionId: string;
  readonly part: ContentPart;
}

interface Head {
  readonly schema: 'regate.content/1';
  readonly decision_id: string;
  readonly part: ContentPart;
  readonly key: string;
  readonly wrapped: string;
  readonly nonce: string;
}

const nonceBytes = 12;
const tagBytes = 16;

export function sealContent({ decisionId, part }: ContentLabel, bytes: Uint8Array, key: ContentKey): Buffer {
  const dataKey = randomBytes(32);
  const nonce = randomBytes(nonceBytes);
  const head: Head = {
    schema: 'regate.content/1',
    decision_id: decisionId,
    part,
    key: key.id,
    wrapped: encrypt(key.wrapping, randomBytes(nonceBytes), dataKey, labelOf({ decisionId, part })).toString('base64'),
    nonce: nonce.toString('base64'),
  };
  const line = Buffer.from(`${JSON.stringify(head)}\n`);
  return Buffer.concat([line, encrypt(createSecretKey(dataKey), nonce, bytes, line).subarray(nonceBytes)]);
}

/**
 * @throws TypeError where the bytes are no sealed content, are of another decision or part, are under a key that is not there, or were changed
 */
export function openContent(
  sealed: Buffer,
  wanted: ContentLabel,
  keys: readonly ContentKey[],
): { readonly bytes: Buffer; readonly key: ContentKey } {
  const end = sealed.indexOf(0x0a);
  const head = end === -1 ? undefined : readHead(sealed.subarray(0, end));
  if (head === undefined) throw new TypeError('this is no sealed content');
  if (head.decision_id !== wanted.decisionId || head.part !== wanted.part) throw new TypeError('this is the content of another decision');
  const key = keys.find(({ id }) => id === head.key);
  if (key === undefined) throw new TypeError(`it lies under the key ${head.key}, which is not in the key file`);
  const line = sealed.subarray(0, end + 1);
  const dataKey = decrypt(key.wrapping, Buffer.from(head.wrapped, 'base64'), labelOf(wanted));
  const bytes = decrypt(createSecretKey(dataKey), Buffer.concat([Buffer.from(head.nonce, 'base64'), sealed.subarray(end + 1)]), line);
  return { bytes, key };
}

function labelOf({ decisionId, part }: ContentLabel): Buffer {
  return Buffer.from(`regate.content/1\0${decisionId}\0${part}`);
}

/** Nonce, ciphertext, tag. A nonce is random: a data key seals one piece, and a wrapping key far fewer than 2^32 (NIST SP 800-38D section 8.3). */
function encrypt(key: KeyObject, nonce: Buffer, bytes: Uint8Array, associated: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated);
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: KeyObject, sealed: Buffer, associated: Buffer): Buffer {
  if (sealed.length < nonceBytes + tagBytes) throw new TypeError('the sealed content is cut off');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(associated).setAuthTag(sealed.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch (cause) {
    throw new TypeError('the sealed content was changed, or lies under another key', { cause });
  }
}

function readHead(bytes: Buffer): Head | undefined {
  try {
    const head = JSON.parse(bytes.toString('utf8')) as Partial<Head> | null;
    const texts = [head?.decision_id, head?.part, head?.key, head?.wrapped, head?.nonce];
    return head?.schema === 'regate.content/1' && texts.every((text) => typeof text === 'string') ? (head as Head) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
