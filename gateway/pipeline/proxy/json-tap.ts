import type { AnswerReader, Reading } from '../../backends/dialect.ts';
import { makeMemberPicker } from './member-picker.ts';
import type { Tap } from './tap.ts';

/** Makes the tap for a JSON answer of any size: it picks out the few members that the dialect reads, and holds nothing else. */
export function makeJsonTap(reader: AnswerReader): Tap {
  const picker = makeMemberPicker(reader.paths);
  let reading: Reading | undefined;
  return {
    pass(chunk) {
      picker.push(chunk);
      return chunk;
    },
    flush: () => undefined,
    read() {
      reading ??= reader.read(picker.found);
      return reading;
    },
    keepsLength: true,
    betweenEvents: false,
  };
}
