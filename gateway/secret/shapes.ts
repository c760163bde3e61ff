/*
 * The shapes that issuers give their secrets, so that a leaked one can be found: a prefix, and what follows it. Sources: the issuers' own
 * documentation; RFC 7515 and RFC 7516 for compact JWS and JWE. No shape holds a quote or a backslash, so cutting one out leaves JSON whole.
 */

const word = '[A-Za-z0-9_-]';

/** Prefix → what follows it, as the source of a regular expression. */
export const shapes: Readonly<Record<string, string>> = {
  // Tokens of any issuer.
  eyJ: `${word}{8,}(?:\\.${word}*){2,4}`,
  // Regate's own: rg_<id>_<secret>.
  rg_: `[A-Za-z0-9]{4,}_${word}{8,}`,
  // Providers of models.
  'sk-': `${word}{20,}`,
  AIza: `${word}{35}`,
  ABSK: '[A-Za-z0-9+/]{40,}',
  'bedrock-api-key-': `${word}{20,}`,
  gsk_: '[A-Za-z0-9]{30,}',
  hf_: '[A-Za-z0-9]{30,}',
  r8_: '[A-Za-z0-9]{30,}',
  'pplx-': '[A-Za-z0-9]{30,}',
  'xai-': '[A-Za-z0-9]{30,}',
  'nvapi-': `${word}{30,}`,
  'tvly-': `${word}{20,}`,
  'csk-': '[A-Za-z0-9]{30,}',
  fw_: '[A-Za-z0-9]{20,}',
  // Clouds.
  AKIA: '[A-Z2-7]{16}',
  ASIA: '[A-Z2-7]{16}',
  'ya29.': `${word}{20,}`,
  'GOCSPX-': `${word}{20,}`,
  'AccountKey=': '[A-Za-z0-9+/]{40,}={0,2}',
  'SharedAccessKey=': '[A-Za-z0-9+/]{40,}={0,2}',
  dop_v1_: '[a-f0-9]{64}',
  doo_v1_: '[a-f0-9]{64}',
  dapi: '[a-f0-9]{32}',
  fo1_: `${word}{20,}`,
  sbp_: '[a-f0-9]{40}',
  // Vaults and identity.
  'hvs.': `${word}{20,}`,
  'hvb.': `${word}{20,}`,
  'dp.pt.': '[A-Za-z0-9]{40,}',
  ops_: 'eyJ[A-Za-z0-9_-]{20,}',
  'AGE-SECRET-KEY-1': '[A-Z0-9]{50,}',
  // Code, packages, images, deployments.
  ghp_: '[A-Za-z0-9]{36,}',
  gho_: '[A-Za-z0-9]{36,}',
  ghu_: '[A-Za-z0-9]{36,}',
  ghs_: '[A-Za-z0-9]{36,}',
  ghr_: '[A-Za-z0-9]{36,}',
  github_pat_: '[A-Za-z0-9_]{40,}',
  'glpat-': `${word}{20,}`,
  'gldt-': `${word}{20,}`,
  npm_: '[A-Za-z0-9]{36}',
  'pypi-': `${word}{50,}`,
  rubygems_: '[a-f0-9]{48}',
  dckr_pat_: `${word}{20,}`,
  ATATT3: `${word}{50,}`,
  'CFPAT-': `${word}{40,}`,
  // Messages, payments, work.
  'xoxb-': '[A-Za-z0-9-]{20,}',
  'xoxp-': '[A-Za-z0-9-]{20,}',
  'xoxa-': '[A-Za-z0-9-]{20,}',
  'xapp-': '[A-Za-z0-9-]{20,}',
  sk_live_: '[A-Za-z0-9]{20,}',
  sk_test_: '[A-Za-z0-9]{20,}',
  rk_live_: '[A-Za-z0-9]{20,}',
  whsec_: '[A-Za-z0-9+/]{20,}',
  'SG.': `${word}{16,}\\.${word}{20,}`,
  'key-': '[a-f0-9]{32}',
  shpat_: '[a-fA-F0-9]{32}',
  'sq0csp-': `${word}{40,}`,
  lin_api_: '[A-Za-z0-9]{30,}',
  ntn_: '[A-Za-z0-9]{40,}',
  figd_: `${word}{30,}`,
  'PMAK-': '[A-Za-z0-9-]{40,}',
  glsa_: '[A-Za-z0-9]{30,}_[a-f0-9]{8}',
  sntrys_: '[A-Za-z0-9+/=_]{40,}',
};

/** Words before a space after which any run of characters is a credential (RFC 6750 section 2.1, RFC 7617 section 2). */
export const schemes: readonly string[] = ['Bearer ', 'bearer ', 'Basic ', 'basic ', 'Bearer%20', 'bearer%20', 'Basic%20', 'basic%20'];

/** Shapes that are no single run of characters. Looked for only where a rare text in them occurs. */
export const wideShapes: readonly { readonly hint: string; readonly shape: RegExp }[] = [
  // RFC 7468: whatever of the text follows the label, with line ends as JSON writes them.
  { hint: 'PRIVATE KEY-----', shape: /-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\s-]*(?:\\[nr][A-Za-z0-9+/=\s-]*)*/g },
  { hint: 'KEY-----', shape: /-----BEGIN(?:%20|\+)[A-Z0-9%+]*KEY-----[A-Za-z0-9+/=%-]*/g },
  // The two of above, as URLs write them.
  { hint: 'Key%3D', shape: /(?:Account|SharedAccess)Key%3D[A-Za-z0-9+/%]{40,}/g },
  // RFC 3986 section 3.2.1: user information of a URL, as it is and as a part of another one.
  { hint: '@', shape: /(?<=:\/\/)[^\s:@/"\\]{0,128}:[^\s@/"\\]{1,256}(?=@)/g },
  { hint: '%40', shape: /(?<=%3A%2F%2F)[^\s%"\\]{0,128}%3A[^\s"\\]{1,256}?(?=%40)/gi },
];
