import { jsonProblem } from '../json/scan.ts';
import { type BundleFiles, signaturesFile } from './bundle-files.ts';
import type { BundleProblem } from './verification.ts';

/**
 * Finds the one JWT of `.signatures.json`.
 *
 * OPA takes a file of that name in any folder for the signature. Here only the one at the top is, and another is refused, so that two readers of one
 * bundle do not believe two signatures.
 */
export function readSignatures(files: BundleFiles): string | { readonly problem: BundleProblem } {
  const stray = [...files.keys()].find((name) => name.endsWith(`/${signaturesFile}`));
  if (stray !== undefined) return fail('malformed', `a second signature lies in ${JSON.stringify(stray.slice(0, 200))}`);
  const bytes = files.get(signaturesFile);
  if (bytes === undefined)
    return fail('unsigned', 'it holds no .signatures.json, and a signature is required; sign it with regate policy sign');
  if (jsonProblem(bytes) !== undefined) return fail('malformed', '.signatures.json is not one strict JSON object');
  const { signatures, plugin } = JSON.parse(new TextDecoder().decode(bytes)) as {
    readonly signatures?: unknown;
    readonly plugin?: unknown;
  };
  if (plugin !== undefined && plugin !== '' && plugin !== '_default') {
    return fail('malformed', '.signatures.json asks for a plug-in, and there are none');
  }
  if (!Array.isArray(signatures) || signatures.length !== 1)
    return fail('malformed', '.signatures.json does not hold exactly one signature');
  const [token] = signatures as readonly unknown[];
  return typeof token === 'string' ? token : fail('malformed', 'the signature in .signatures.json is not a string');
}

function fail(code: BundleProblem['code'], message: string): { readonly problem: BundleProblem } {
  return { problem: { code, file: signaturesFile, message } };
}
