import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Header {
  readonly kind: string;
  readonly segment: string;
  readonly previous: readonly { readonly segment: string; readonly seq: number; readonly hash: string }[];
}

/**
 * A second verifier, written from docs/reference/decision-log.md ("How to verify") and from nothing else. It imports nothing of the gateway, so it
 * shows that the page is enough, and that the gateway's own verifier does not merely agree with its writer's mistakes.
 * @returns what does not hold; empty where the log does
 */
export function verifyFromDocs(directory: string): string[] {
  const wrong: string[] = [];
  const names = readdirSync(directory)
    .filter((name) => /^decisions-[0-9]{8}T[0-9]{9}Z-[0-9a-z]+-[0-9]{4,}\.ndjson$/.test(name))
    .sort();
  const hashes = new Map<string, string[]>();
  const headers = new Map<string, Header>();
  for (const name of names) {
    const text = readFileSync(join(directory, name));
    const own: string[] = [];
    hashes.set(name, own);
    let closed = false;
    let start = 0;
    for (let end = text.indexOf(10); end !== -1; end = text.indexOf(10, start)) {
      const line = text.subarray(start, end);
      start = end + 1;
      const n = own.length + 1;
      if (closed) wrong.push(`${name}:${n}: after the end`);
      const prefix = `{"seq":${n},"prev":"${own.at(-1) ?? '0'.repeat(64)}",`;
      if (line.subarray(0, prefix.length).toString() !== prefix) wrong.push(`${name}:${n}: does not follow`);
      const digest = createHash('sha256').update(line.subarray(0, -75)).digest('hex');
      if (line.subarray(-75).toString() !== `,"hash":"${digest}"}`) wrong.push(`${name}:${n}: hash`);
      own.push(digest);
      if (n === 1) {
        const header = JSON.parse(line.toString()) as Header;
        if (header.kind !== 'segment') {
          wrong.push(`${name}: no header`);
          continue;
        }
        if (header.segment !== name) wrong.push(`${name}: header of another file`);
        headers.set(name, header);
      }
      closed = line.subarray(prefix.length).toString().startsWith('"kind":"segment-end"');
    }
    if (closed && start < text.length) wrong.push(`${name}: bytes after the end`);
  }
  for (const [name, { previous }] of headers) {
    for (const { segment, seq, hash } of previous) {
      if (!hashes.has(segment)) wrong.push(`${name}: ${segment} is gone`);
      else if (seq > 0 && hashes.get(segment)?.[seq - 1] !== hash) wrong.push(`${name}: ${segment}:${seq} is not what was seen`);
    }
  }
  return wrong;
}
