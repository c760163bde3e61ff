import type { SinkConfiguration } from '../vocabulary/sinks.ts';
import { isLoopback } from './loopback.ts';
import type { Report, SettingPath } from './problem.ts';

/** What would show the record, or a credential, to those on the way, or let two sinks take each other's place. */
export function checkSinks(sinks: readonly SinkConfiguration[], report: Report): void {
  const names = new Set<string>();
  for (const [index, sink] of sinks.entries()) {
    const at = ['record', 'sinks', index];
    if (names.has(sink.name)) report([...at, 'name'], 'two sinks have this name; each would skip what the other has delivered');
    names.add(sink.name);
    if (sink.type === 'syslog' && (sink.certificate === undefined) !== (sink.key === undefined)) {
      report(at, 'a certificate and its key belong together; set both or neither');
    }
    if ('url' in sink && typeof sink.url === 'string') checkUrl(sink.url, [...at, 'url'], report);
  }
}

function checkUrl(text: string, at: SettingPath, report: Report): void {
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== '' || password !== '') report(at, 'a URL must hold no user name or password; use token');
  if (hash !== '') report(at, 'a fragment is never sent; leave it out');
  if (protocol === 'http:' && !isLoopback(hostname)) {
    report(at, 'over plain http everybody on the way could read and change the record; use https');
  }
}
