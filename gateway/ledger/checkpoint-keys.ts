import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';

/*
 * The keys that checkpoints are signed with (Ed25519, RFC 8032), and how one key hands over to the next: the old one signs the entry of the new
 * one. Whoever trusts any key of the row can follow it to those after it.
 */

/** A public key as it is listed, one JSON object a line. */
export interface KeyEntry {
  readonly kind: 'key';
  readonly schema: 'regate.checkpoint-key/1';
  /** The first 16 hex digits of the SHA-256 of the 32 bytes of the public key. */
  readonly id: string;
  /** The 32 bytes of the public key (RFC 8032 section 5.1.5), base64. */
  readonly public: string;
  /** RFC 3339, UTC. */
  readonly made: string;
  /** The key that hands over; absent for the first. */
  readonly by?: string;
  /** Its Ed25519 signature, base64, over the entry's JSON without this member. */
  readonly signature?: string;
}

export interface SigningKey {
  readonly id: string;
  /** Ed25519 over UTF-8, base64 (88 characters). */
  sign(text: string): string;
}

export interface NewKey {
  /** PKCS #8, PEM. */
  readonly pem: string;
  readonly entry: KeyEntry;
}

const schema = 'regate.checkpoint-key/1';
/** What stands before the 32 bytes in an Ed25519 SubjectPublicKeyInfo (RFC 8410 section 4). */
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');

/** @param from the key that hands over to the new one */
export function makeKey(now: number, from?: SigningKey): NewKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const bytes = rawBytes(publicKey);
  const bare = { kind: 'key', schema, id: nameKey(bytes), public: bytes.toString('base64'), made: new Date(now).toISOString() } as const;
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  if (from === undefined) return { pem, entry: bare };
  const handed = { ...bare, by: from.id };
  return { pem, entry: { ...handed, signature: from.sign(JSON.stringify(handed)) } };
}

/** @throws TypeError where the PEM holds no Ed25519 private key; the message holds nothing of it */
export function readSigningKey(pem: string): SigningKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new TypeError('not a private key in PEM', { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 key');
  return { id: nameKey(rawBytes(createPublicKey(key))), sign: (text) => sign(null, Buffer.from(text), key).toString('base64') };
}

function rawBytes(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(-32);
}

function nameKey(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** Reads an entry; `undefined` where it is none, or where its id is not that of its key. */
export function readKeyEntry(value: unknown): KeyEntry | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entry = value as Partial<Record<keyof KeyEntry, unknown>>;
  if (entry.kind !== 'key' || entry.schema !== schema || typeof entry.public !== 'string' || typeof entry.made !== 'string')
    return undefined;
  const bytes = Buffer.from(entry.public, 'base64');
  return bytes.length === 32 && entry.id === nameKey(bytes) ? (value as KeyEntry) : undefined;
}

/** Public keys that are believed, by id. */
export type KeyRing = ReadonlyMap<string, KeyObject>;

/**
 * Follows hand-overs from the keys that are trusted.
 * @param trusted believed as they are
 * @param listed believed where a believed key handed over to them, in whatever order they are listed
 */
export function makeKeyRing(trusted: readonly KeyEntry[], listed: readonly KeyEntry[]): KeyRing {
  const ring = new Map(trusted.map((entry) => [entry.id, keyOf(entry)]));
  for (let before = -1; before !== ring.size; ) {
    before = ring.size;
    for (const entry of listed) if (!ring.has(entry.id) && isHandedOver(entry, ring)) ring.set(entry.id, keyOf(entry));
  }
  return ring;
}

function keyOf({ public: text }: KeyEntry): KeyObject {
  return createPublicKey({ key: Buffer.concat([spkiHead, Buffer.from(text, 'base64')]), format: 'der', type: 'spki' });
}

function isHandedOver({ signature, ...handed }: KeyEntry, ring: KeyRing): boolean {
  const { kind, schema: named, id, public: text, made, by } = handed;
  const signer = by === undefined ? undefined : ring.get(by);
  if (signer === undefined || signature === undefined) return false;
  return isSignedBy(signer, JSON.stringify({ kind, schema: named, id, public: text, made, by }), signature);
}

export function isSignedBy(key: KeyObject, text: string, signature: string): boolean {
  return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'));
}
