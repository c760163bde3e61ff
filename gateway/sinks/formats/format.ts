import type { DecisionLogEntry } from '../../vocabulary/record.ts';
import type { SinkFormat } from '../../vocabulary/sinks.ts';
import type { Sender, SinkLine } from '../sender.ts';
import { writeEcs } from './ecs.ts';
import { writeOcsf } from './ocsf.ts';

/** How lines are written for a receiver that takes JSON, one object a line. */
export interface Format {
  readonly reads: Sender['reads'];
  write(line: SinkLine): Buffer;
}

const mappings: Readonly<Record<Exclude<SinkFormat, 'regate'>, (entry: DecisionLogEntry, line: SinkLine) => object>> = {
  ecs: writeEcs,
  ocsf: writeOcsf,
};

export function makeFormat(format: SinkFormat): Format {
  if (format === 'regate') return { reads: 'lines', write: ({ bytes }) => bytes };
  const map = mappings[format];
  return {
    reads: 'entries',
    write: (line) => (line.entry === undefined ? line.bytes : Buffer.from(JSON.stringify(map(line.entry, line)))),
  };
}
