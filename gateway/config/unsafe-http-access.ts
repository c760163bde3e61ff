import type { HttpAccessConfiguration } from '../vocabulary/bundles.ts';
import { isLoopback } from './loopback.ts';
import type { Report, SettingPath } from './problem.ts';

/** Says what is unsafe in the way a server is reached. @param urls by setting, below `at` */
export function checkHttpAccess(
  urls: Readonly<Record<string, string>>,
  { authorization, insecureHttp }: HttpAccessConfiguration,
  at: SettingPath,
  report: Report,
): void {
  for (const [setting, text] of Object.entries(urls)) checkUrl(text, insecureHttp, [...at, setting], report);
  if (authorization?.scheme === 'client-credentials') {
    checkUrl(authorization.tokenUrl, false, [...at, 'authorization', 'client_credentials', 'token_url'], report);
  }
}

function checkUrl(text: string, insecure: boolean, at: SettingPath, report: Report): void {
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== '' || password !== '') report(at, 'a URL must hold no user name or password; use authorization');
  if (hash !== '') report(at, 'the URL must have no fragment');
  if (protocol === 'http:' && !insecure && !isLoopback(hostname)) {
    report(at, 'what comes over plain http can be replaced on the way, and what goes can be read; use https');
  }
}
