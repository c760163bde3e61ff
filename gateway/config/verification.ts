import type { VerificationConfiguration } from '../vocabulary/verification.ts';
import type { Report, SettingPath } from './problem.ts';
import type { VerificationFile } from './verification-schema.ts';

export function convertVerification(file: VerificationFile, resolve: (path: string) => string): VerificationConfiguration {
  return {
    keys: file.keys.map(({ id, algorithm, public_key: pem, secret_file: secret }) => {
      const path = pem ?? secret;
      if (path === undefined) throw new TypeError('a key without public_key or secret_file has passed the schema');
      return { id, algorithm, path: resolve(path) };
    }),
    scope: file.scope,
    allowDowngrade: file.allow_downgrade,
    versionsFile: resolve(file.versions_file),
  };
}

export function checkVerification(
  verification: VerificationConfiguration | undefined,
  report: Report,
  at: SettingPath = ['policy', 'verification'],
): void {
  const ids = new Set<string>();
  for (const [index, { id }] of (verification?.keys ?? []).entries()) {
    if (ids.has(id)) report([...at, 'keys', index, 'id'], 'two keys have this id; a signature must mean exactly one');
    ids.add(id);
  }
}
