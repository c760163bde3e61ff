import { isObject } from '../../../json/is-object.ts';
import { holdsOnly, type Mechanism } from '../mechanism.ts';

/** RFC 9110 section 5.1: a field name is a token. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Visible ASCII with inner spaces: no line break can end the field, no control character can split readers. */
const fieldValue = /^[\x21-\x7e]([\x20-\x7e]{0,1022}[\x21-\x7e])?$/;

/**
 * Fields that are not the policy's to set: authentication, where the request goes, its framing and coding, what concerns one connection only
 * (RFC 9110 section 7.6.1), state, the path that the request took, and the version of the dialect that the body was read in.
 */
const forbidden =
  /^(authorization|(.+-)?api-key|(.+-)?auth(entication|orization)?|(.+-)?(token|secret|signature)|cookie2?|set-cookie2?|host|content-.*|transfer-encoding|te|trailer|connection|keep-alive|upgrade|expect|http2-settings|accept-encoding|range|proxy-.*|sec-.*|x-amz-.*|x-forwarded(-.*)?|forwarded|via|x-real-ip|(.+-)?client-ip|cf-.*|anthropic-version|x-regate-.*)$/;

/** `headers {set}`: extra fields on the request to the backend. Two values for one field contradict each other. */
export const headers: Mechanism = {
  type: 'headers',
  read(obligation) {
    const set = obligation['set'];
    if (!holdsOnly(obligation, ['set']) || !isObject(set)) return undefined;
    const fields: [string, string][] = [];
    for (const [name, value] of Object.entries(set)) {
      const field = name.toLowerCase();
      if (!token.test(name) || forbidden.test(field) || typeof value !== 'string' || !fieldValue.test(value)) return undefined;
      fields.push([field, value]);
    }
    return (draft) => {
      for (const [name, value] of fields) {
        if ((draft.headers.get(name) ?? value) !== value) return 'policy.conflict';
        draft.headers.set(name, value);
      }
      return undefined;
    };
  },
};
