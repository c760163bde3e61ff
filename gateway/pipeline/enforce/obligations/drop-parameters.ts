import { holdsOnly, isNames, type Mechanism } from '../mechanism.ts';
import { mayDrop } from '../protected-names.ts';

/** `drop-parameters {names}`: members of the body are taken out. A member that is pinned as well is a contradiction. */
export const dropParameters: Mechanism = {
  type: 'drop-parameters',
  read(obligation) {
    const names = obligation['names'];
    if (!holdsOnly(obligation, ['names']) || !isNames(names) || !names.every(mayDrop)) return undefined;
    return (draft) => {
      for (const name of names) {
        if (draft.isFixed(name) && draft.value(name) !== undefined) return 'policy.conflict';
        if (draft.value(name) !== undefined) draft.remove(name);
        draft.fix(name);
      }
      return undefined;
    };
  },
};
