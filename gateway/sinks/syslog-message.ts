import type { DecisionLogEntry } from '../vocabulary/record.ts';

/** "log audit" (RFC 5424, table 1). */
const facility = 13;
const severities = { error: 3, warning: 4, informational: 6 } as const;

/**
 * Writes a message of RFC 5424 with the count of its octets before it (RFC 5425 section 4.3). The text is JSON in UTF-8 without a byte order mark
 * (MSG-ANY), since most who read JSON stumble over one.
 */
export function writeSyslogMessage(entry: DecisionLogEntry, text: Buffer, hostname: string): Buffer {
  const priority = facility * 8 + severities[severityOf(entry)];
  // What the header may hold: printable ASCII without spaces, at most 255 for a host.
  const host = hostname.replaceAll(/[^\x21-\x7e]/g, '').slice(0, 255) || '-';
  const header = `<${priority}>1 ${entry.timestamp} ${host} regate - ${entry.kind} - `;
  return Buffer.concat([Buffer.from(`${header.length + text.length} ${header}`), text]);
}

function severityOf(entry: DecisionLogEntry): keyof typeof severities {
  if ('decision' in entry) return ({ allow: 'informational', deny: 'warning', error: 'error' } as const)[entry.decision];
  if (entry.kind === 'refused-summary') return 'warning';
  if (entry.kind === 'compared') return 'informational';
  return entry.outcome === 'completed' || entry.outcome === 'refused' || entry.outcome === 'client-aborted' ? 'informational' : 'error';
}
