/*
 * Secrets of fifty kinds and more, made up here and put together only at run time, so that no scanner takes this file for a leak. Each call gives another one.
 */

let count = 0;

/** So many characters that nothing else holds, of the given ones. */
function fill(length: number, alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'): string {
  count += 1;
  let state = count * 2654435761;
  let text = '';
  for (let n = 0; n < length; n += 1) {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + n) >>> 0;
    text += alphabet[state % alphabet.length];
  }
  return text;
}

const hex = '0123456789abcdef';
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Kind → maker. */
export const kinds: Readonly<Record<string, () => string>> = {
  'signed JWT': () => `eyJ${fill(30)}.eyJ${fill(60)}.${fill(43)}`,
  'encrypted JWT': () => `eyJ${fill(30)}.${fill(40)}.${fill(16)}.${fill(60)}.${fill(22)}`,
  'bearer header': () => `Bearer ${fill(40)}`,
  'basic header': () => `Basic ${fill(32)}==`,
  'gateway key': () => `rg_${fill(6)}_${fill(43)}`,
  'OpenAI key': () => `sk-proj-${fill(48)}`,
  'Anthropic key': () => `sk-ant-api03-${fill(80)}AA`,
  'OpenRouter key': () => `sk-or-v1-${fill(64, hex)}`,
  'Google API key': () => `AIza${fill(35)}`,
  'Google OAuth token': () => `ya29.${fill(60)}`,
  'Google client secret': () => `GOCSPX-${fill(28)}`,
  'Groq key': () => `gsk_${fill(52)}`,
  'Hugging Face token': () => `hf_${fill(34)}`,
  'Replicate token': () => `r8_${fill(37)}`,
  'Perplexity key': () => `pplx-${fill(48)}`,
  'xAI key': () => `xai-${fill(80)}`,
  'NVIDIA key': () => `nvapi-${fill(64)}`,
  'Tavily key': () => `tvly-${fill(32)}`,
  'Cerebras key': () => `csk-${fill(48)}`,
  'Bedrock key': () => `ABSK${fill(110)}`,
  'AWS key id': () => `AKIA${fill(16, base32)}`,
  'AWS session key id': () => `ASIA${fill(16, base32)}`,
  'Azure storage key': () => `AccountKey=${fill(86)}==`,
  'Azure shared access key': () => `SharedAccessKey=${fill(43)}=`,
  'DigitalOcean token': () => `dop_v1_${fill(64, hex)}`,
  'Databricks token': () => `dapi${fill(32, hex)}`,
  'Fly token': () => `fo1_${fill(43)}`,
  'Supabase token': () => `sbp_${fill(40, hex)}`,
  'Vault token': () => `hvs.${fill(90)}`,
  'Vault batch token': () => `hvb.${fill(120)}`,
  'Doppler token': () => `dp.pt.${fill(43)}`,
  'age identity': () => `AGE-SECRET-KEY-1${fill(58, base32)}`,
  'GitHub token': () => `ghp_${fill(36)}`,
  'GitHub OAuth token': () => `gho_${fill(36)}`,
  'GitHub server token': () => `ghs_${fill(36)}`,
  'GitHub fine-grained token': () => `github_pat_${fill(22)}_${fill(59)}`,
  'GitLab token': () => `glpat-${fill(20)}`,
  'npm token': () => `npm_${fill(36)}`,
  'PyPI token': () => `pypi-AgEIcHlwaS5vcmc${fill(80)}`,
  'RubyGems key': () => `rubygems_${fill(48, hex)}`,
  'Docker token': () => `dckr_pat_${fill(27)}`,
  'Atlassian token': () => `ATATT3${fill(180)}`,
  'Slack bot token': () => `xoxb-${fill(12, '0123456789')}-${fill(24)}`,
  'Slack user token': () => `xoxp-${fill(12, '0123456789')}-${fill(32)}`,
  'Slack app token': () => `xapp-1-${fill(11)}-${fill(64, hex)}`,
  'Stripe key': () => `sk_live_${fill(24)}`,
  'Stripe restricted key': () => `rk_live_${fill(24)}`,
  'webhook secret': () => `whsec_${fill(32)}`,
  'SendGrid key': () => `SG.${fill(22)}.${fill(43)}`,
  'Mailgun key': () => `key-${fill(32, hex)}`,
  'Shopify token': () => `shpat_${fill(32, hex)}`,
  'Linear key': () => `lin_api_${fill(40)}`,
  'Notion token': () => `ntn_${fill(46)}`,
  'Figma token': () => `figd_${fill(40)}`,
  'Postman key': () => `PMAK-${fill(24, hex)}-${fill(34, hex)}`,
  'Grafana token': () => `glsa_${fill(32)}_${fill(8, hex)}`,
  'database URL': () => `postgres://app:${fill(24)}@db.internal/main`,
  'private key': () => `-----BEGIN PRIVATE KEY-----\n${fill(64)}\n${fill(64)}\n-----END PRIVATE KEY-----\n`,
};
