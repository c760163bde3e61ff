import type { Logger } from '../vocabulary/logger.ts';
import type { DecisionLogEntry } from '../vocabulary/record.ts';
import type { Sender, SinkLine } from './sender.ts';

export interface TakeLineNeeds {
  readonly sink: string;
  readonly reads: Sender['reads'];
  readonly logger: Logger;
}

export interface TakeLine {
  /** @returns nothing where the line is not for the sink */
  (segment: string, number: number, bytes: Buffer): SinkLine | undefined;
  /** When the line was written, milliseconds since the epoch. */
  timeOf(line: SinkLine | undefined): number | undefined;
  withheld(): number;
  unreadable(): number;
}

/** A caller's text cannot spell this: its quotes are escaped in a line. That a line holds it says only that it is worth a look. */
const mark = Buffer.from('"sinks":"drop"');

/** Makes what turns lines into what a sender takes, and keeps back what the policy keeps from sinks. A line is parsed only where somebody reads it. */
export function makeTakeLine({ sink, reads, logger }: TakeLineNeeds): TakeLine {
  let withheld = 0;
  let unreadable = 0;
  const take = (segment: string, number: number, bytes: Buffer): SinkLine | undefined => {
    if (reads === 'lines' && !bytes.includes(mark)) return { segment, number, bytes };
    const entry = parse(bytes);
    if (entry === undefined) {
      // As it stands it is no record; what became of it is for verification to say.
      if (reads === 'lines') return { segment, number, bytes };
      unreadable += 1;
      logger.error('a line of the decision log is no record and cannot be delivered; run: regate log verify', {
        sink,
        segment,
        line: number,
      });
      return undefined;
    }
    if ('sinks' in entry && entry.sinks === 'drop') {
      withheld += 1;
      return undefined;
    }
    return { segment, number, bytes, ...(reads === 'entries' && { entry }) };
  };
  return Object.assign(take, {
    timeOf(line: SinkLine | undefined): number | undefined {
      const time = line === undefined ? Number.NaN : Date.parse((line.entry ?? parse(line.bytes))?.timestamp ?? '');
      return Number.isNaN(time) ? undefined : time;
    },
    withheld: () => withheld,
    unreadable: () => unreadable,
  });
}

function parse(bytes: Buffer): DecisionLogEntry | undefined {
  try {
    const entry = JSON.parse(bytes.toString('utf8')) as Partial<DecisionLogEntry> | null;
    return entry?.schema === 'regate.decision/1' ? (entry as DecisionLogEntry) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
