import { createHash, createPublicKey, verify } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

/*
 * A second verifier, written from docs/reference/decision-log.md ("How to verify", "Checkpoints", "Proofs") and from nothing else. It imports nothing
 * of the gateway, so it shows that the page is enough, and that the gateway's own verifier does not merely agree with its writer's mistakes.
 */

interface Link {
  readonly segment: string;
  readonly seq: number;
  readonly hash: string;
}

interface Header {
  readonly kind: string;
  readonly segment: string;
  readonly previous: readonly Link[];
  readonly checkpoints?: Link;
  readonly keys?: readonly { readonly id: string; readonly public: string }[];
}

interface Statement {
  readonly kind: string;
  readonly after: string;
  readonly segment: string;
  readonly size: number;
  readonly head: string;
  readonly root: string;
  readonly key: string;
  readonly signature: string;
}

const sha256 = (...parts: readonly (string | Buffer)[]): Buffer => {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest();
};

/** RFC 9162 section 2.1.1, as it stands there. */
export function rootFromDocs(hashes: readonly string[]): Buffer {
  const [only] = hashes;
  if (only === undefined) return sha256('');
  if (hashes.length === 1) return sha256(Buffer.from([0]), Buffer.from(only, 'hex'));
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return sha256(Buffer.from([1]), rootFromDocs(hashes.slice(0, split)), rootFromDocs(hashes.slice(split)));
}

/** The Ed25519 public key of 32 bytes in the form that Node takes. */
export function publicKeyFromDocs(base64: string) {
  const x = Buffer.from(base64, 'base64').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

/** Whether the signature of a checkpoint's line holds. */
export function isSignedFromDocs(line: string, publicKey: string): boolean {
  const { signature } = JSON.parse(line) as Statement;
  const text = `{${line.slice(line.indexOf('"kind":'), line.indexOf(',"signature":"'))}}`;
  return verify(null, Buffer.from(text), publicKeyFromDocs(publicKey), Buffer.from(signature, 'base64'));
}

/** @returns what does not hold; empty where the log does */
export function verifyFromDocs(directory: string): string[] {
  const wrong: string[] = [];
  const files = readdirSync(directory)
    .filter((name) => /^(?:decisions|checkpoints)-[0-9]{8}T[0-9]{9}Z-[0-9a-z]+-[0-9]{4,}\.ndjson(?:\.zst|\.gz)?$/.test(name))
    .sort();
  const hashes = new Map<string, string[]>();
  const headers = new Map<string, Header>();
  const statements: { readonly place: string; readonly line: string; readonly prev: string }[] = [];
  for (const file of files) {
    const name = file.replace(/\.(?:zst|gz)$/, '');
    // A plain file beside a packed one is the same segment; the packing was cut short.
    if (file !== name && files.includes(name)) continue;
    const packed = readFileSync(join(directory, file));
    const text = file.endsWith('.zst') ? zstdDecompressSync(packed) : file.endsWith('.gz') ? gunzipSync(packed) : packed;
    const own: string[] = [];
    hashes.set(name, own);
    let closed = false;
    let start = 0;
    for (let end = text.indexOf(10); end !== -1; end = text.indexOf(10, start)) {
      const line = text.subarray(start, end);
      start = end + 1;
      const n = own.length + 1;
      if (closed) wrong.push(`${name}:${n}: after the end`);
      const prev = own.at(-1) ?? '0'.repeat(64);
      const prefix = `{"seq":${n},"prev":"${prev}",`;
      if (line.subarray(0, prefix.length).toString() !== prefix) wrong.push(`${name}:${n}: does not follow`);
      const digest = sha256(line.subarray(0, -75)).toString('hex');
      if (line.subarray(-75).toString() !== `,"hash":"${digest}"}`) wrong.push(`${name}:${n}: hash`);
      own.push(digest);
      const rest = line.subarray(prefix.length).toString();
      closed = rest.startsWith('"kind":"segment-end"');
      if (n === 1) {
        const header = JSON.parse(line.toString()) as Header;
        if (header.kind !== 'segment') wrong.push(`${name}: no header`);
        else if (header.segment !== name) wrong.push(`${name}: header of another file`);
        else headers.set(name, header);
      } else if (name.startsWith('checkpoints-') && !closed) statements.push({ place: `${name}:${n}`, line: line.toString(), prev });
    }
    if (closed && start < text.length) wrong.push(`${name}: bytes after the end`);
  }
  const retired = new Map(
    statements.flatMap(({ line }) => {
      const { kind, segment, size, head } = JSON.parse(line) as Statement;
      return kind === 'retirement' ? [[segment, { size, head }] as const] : [];
    }),
  );
  for (const [name, { previous, checkpoints }] of headers) {
    for (const { segment, seq, hash } of checkpoints === undefined ? previous : [...previous, checkpoints]) {
      const stands = retired.get(segment);
      if (!hashes.has(segment) && stands !== undefined) {
        if (seq > stands.size || (seq === stands.size && hash !== stands.head)) wrong.push(`${name}: ${segment} was another`);
      } else if (!hashes.has(segment)) wrong.push(`${name}: ${segment} is gone`);
      else if (seq > 0 && hashes.get(segment)?.[seq - 1] !== hash) wrong.push(`${name}: ${segment}:${seq} is not what was seen`);
    }
  }
  const keys = new Map([...headers.values()].flatMap((header) => header.keys ?? []).map((entry) => [entry.id, entry.public]));
  for (const { place, line, prev } of statements) {
    const { after, segment, size, root, key } = JSON.parse(line) as Statement;
    const publicKey = keys.get(key);
    if (publicKey === undefined || !isSignedFromDocs(line, publicKey)) wrong.push(`${place}: signature`);
    if (after !== prev) wrong.push(`${place}: of another place`);
    const lines = hashes.get(segment);
    if (lines === undefined && retired.has(segment)) continue;
    if (lines === undefined || lines.length < size) wrong.push(`${place}: ${segment} has not ${size} lines`);
    else if (rootFromDocs(lines.slice(0, size)).toString('hex') !== root) wrong.push(`${place}: root of ${segment}`);
  }
  return wrong;
}

interface ProofFile {
  readonly proofs: readonly { line: string; index: number; path: readonly string[]; checkpoint: string }[];
}

/** Checks a file of `regate log prove` with one public key and nothing else. @returns what does not hold */
export function verifyProofFromDocs(text: string, publicKey: string): string[] {
  const wrong: string[] = [];
  for (const { line, index, path, checkpoint } of (JSON.parse(text) as ProofFile).proofs) {
    if (!isSignedFromDocs(checkpoint, publicKey)) wrong.push('signature');
    const { size, root } = JSON.parse(checkpoint) as Statement;
    const hash = sha256(line.slice(0, -75));
    if (line.slice(-75) !== `,"hash":"${hash.toString('hex')}"}`) wrong.push('hash');
    // RFC 9162 section 2.1.3.2, step by step.
    let [fn, sn] = [index, size - 1];
    let r = sha256(Buffer.from([0]), hash);
    if (index >= size) wrong.push('index');
    for (const p of path.map((each) => Buffer.from(each, 'hex'))) {
      if (sn === 0) wrong.push('path');
      if ((fn & 1) === 1 || fn === sn) {
        r = sha256(Buffer.from([1]), p, r);
        while ((fn & 1) === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
      } else r = sha256(Buffer.from([1]), r, p);
      [fn, sn] = [fn >> 1, sn >> 1];
    }
    if (sn !== 0 || r.toString('hex') !== root) wrong.push('root');
  }
  return wrong;
}
