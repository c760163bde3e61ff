import { holdsOnly, type Mechanism } from '../mechanism.ts';

/** A day. Anything longer is not a deadline, and Node's timers overflow not far beyond. */
const longestSeconds = 86_400;

/** `timeout {seconds}`: the backend gets this long for the whole answer. Of several, the shortest counts. */
export const timeout: Mechanism = {
  type: 'timeout',
  read(obligation) {
    const seconds = obligation['seconds'];
    if (!holdsOnly(obligation, ['seconds']) || typeof seconds !== 'number') return undefined;
    if (!(seconds >= 0.001 && seconds <= longestSeconds)) return undefined;
    return (draft) => {
      draft.timeoutMs = Math.min(draft.timeoutMs ?? Number.POSITIVE_INFINITY, Math.round(seconds * 1000));
      return undefined;
    };
  },
};
