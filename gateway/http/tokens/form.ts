import type { IncomingMessage } from 'node:http';
import { type OAuthError, oauthError } from './oauth-error.ts';

const longest = 64 * 1024;
const mostFields = 32;

export type Form = ReadonlyMap<string, string>;

/**
 * Reads a form (RFC 6749 appendix B). A parameter that comes twice has two readings, and RFC 6749 section 3.2 forbids it; one without a value counts as absent.
 * @returns the parameters, or what is wrong
 */
export async function readForm(req: IncomingMessage): Promise<Form | OAuthError> {
  const type = req.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded')
    return oauthError('invalid_request', 'Send a form (application/x-www-form-urlencoded).');
  if (req.headers['content-encoding'] !== undefined) return oauthError('invalid_request', 'Compressed forms are not accepted.');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    size += (chunk as Buffer).length;
    if (size > longest) return oauthError('invalid_request', 'The form is too large.', { status: 413 });
    chunks.push(chunk as Buffer);
  }
  return readParameters(new URLSearchParams(Buffer.concat(chunks).toString('utf8')));
}

/** The parameters of a query or a form, each at most once. */
export function readParameters(parameters: URLSearchParams): Form | OAuthError {
  const form = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (form.has(name)) return oauthError('invalid_request', 'A parameter was sent more than once.');
    if (form.size >= mostFields) return oauthError('invalid_request', 'There are too many parameters.');
    form.set(name, value);
  }
  for (const [name, value] of form) if (value === '') form.delete(name);
  return form;
}

const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;

/** RFC 6749 section 3.3: names with single spaces between. */
export function readScopes(text: string | undefined): readonly string[] | OAuthError {
  if (text === undefined) return [];
  const scopes = text.split(' ');
  if (scopes.length > 64 || !scopes.every((scope) => scopeForm.test(scope))) return oauthError('invalid_scope', 'The scope is malformed.');
  return [...new Set(scopes)];
}
