/*
 * The last look at a line before it is written. Nothing upstream of this should ever hand over a secret; if something does, this keeps the
 * well-known shapes off the disk and makes the mistake visible by counting it. It is a net, not a filter to rely on.
 */

// A cheap test first: a line without any of these cannot match below. One pass of a regular expression is several times faster than four searches.
const hint = /eyJ|earer |rg_|sk-/;

// No class holds a quote or a backslash, so a replacement never breaks the JSON around it.
const shapes = new RegExp(
  [
    '\\b[Bb]earer +[A-Za-z0-9._~+/-]{8,}=*', // RFC 6750 section 2.1
    '\\beyJ[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*){2,4}', // JWS and JWE compact forms (RFC 7515, RFC 7516)
    '\\brg_[A-Za-z0-9]{4,}_[A-Za-z0-9_-]{8,}', // virtual keys: rg_<id>_<secret>
    '\\bsk-[A-Za-z0-9_-]{20,}', // provider keys
  ].join('|'),
  'g',
);

/** Replaces what has the shape of a secret by `[secret]`. */
export function scrub(text: string): { readonly text: string; readonly found: number } {
  if (!hint.test(text)) return { text, found: 0 };
  let found = 0;
  const clean = text.replace(shapes, () => {
    found += 1;
    return '[secret]';
  });
  return { text: clean, found };
}
