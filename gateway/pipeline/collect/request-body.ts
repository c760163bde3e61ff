import { Breakage } from '../../errors.ts';
import { parseOutline } from '../../json/outline.ts';
import type { Scanned } from '../../json/scan.ts';
import type { RequestBody } from '../../vocabulary/body.ts';

/**
 * Makes the reading of a body that the strict scan has accepted. The whole value is parsed when somebody first asks for it.
 * @throws Breakage `gateway.error` where it is no JSON after all
 */
export function readRequestBody(bytes: Buffer, scanned: Scanned): RequestBody {
  const outline = parse(() => parseOutline(bytes, scanned));
  let whole = scanned.longTexts.length === 0 ? outline : undefined;
  return {
    bytes,
    members: scanned.members,
    outline,
    get value() {
      whole ??= parse(() => JSON.parse(bytes.toString()) as unknown);
      return whole;
    },
  };
}

function parse(read: () => unknown): Readonly<Record<string, unknown>> {
  try {
    return read() as Record<string, unknown>;
  } catch {
    // The engine's own message quotes the text, which is the caller's: it goes no further.
    throw new Breakage('gateway.error', 'The strict scan accepted a body that JSON.parse does not.');
  }
}
