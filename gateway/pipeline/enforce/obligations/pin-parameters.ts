import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../../../json/is-object.ts';
import { holdsOnly, type Mechanism } from '../mechanism.ts';
import { mayPin } from '../protected-names.ts';

/** `pin-parameters {set}`: members of the body get these values, whatever the caller sent. Two values for one member contradict each other. */
export const pinParameters: Mechanism = {
  type: 'pin-parameters',
  read(obligation) {
    const set = obligation['set'];
    if (!holdsOnly(obligation, ['set']) || !isObject(set)) return undefined;
    const pins = Object.entries(set);
    if (!pins.every(([name, value]) => name !== '' && value !== undefined && mayPin(name))) return undefined;
    return (draft) => {
      for (const [name, value] of pins) {
        if (draft.isFixed(name) && !isDeepStrictEqual(draft.value(name), value)) return 'policy.conflict';
        if (!isDeepStrictEqual(draft.value(name), value)) draft.set(name, value);
        draft.fix(name);
      }
      return undefined;
    };
  },
};
