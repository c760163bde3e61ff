import type { BundleFailureKind } from './vocabulary/bundles.ts';
import type { NonDeterministic, ObligationOutcome, PolicyStamp, Reason } from './vocabulary/decision.ts';
import type { PolicyInput } from './vocabulary/policy-input.ts';

/**
 * Every way to fail, in one table: code → HTTP status, and the sentence that a caller may hear. A sentence says what happened and what to do
 * next; it never holds input, a token or a header's value. Detail goes to the record. `docs/reference/errors.md` lists every code, and a test
 * compares both ways.
 */
const table = {
  'request.malformed': [400, 'The request is not valid HTTP. Check the client or the proxy in front of the gateway.'],
  'request.ambiguous-path': [
    400,
    'The path is ambiguous (encoded separators, dot segments or empty segments). Send the plain path of the API.',
  ],
  'request.unsupported-query': [400, 'This endpoint takes no such query parameters. Send parameters in the body.'],
  'request.unknown-endpoint': [404, 'The gateway does not serve this endpoint. See the list of supported endpoints in its documentation.'],
  'request.method-not-allowed': [405, 'This endpoint does not take this method.'],
  'request.upgrade-refused': [400, 'Connection upgrades are not served. Use plain HTTPS requests.'],
  'request.expectation-failed': [417, 'Only "Expect: 100-continue" is supported.'],
  'request.header-ambiguous': [400, 'A header that must stand alone was sent more than once.'],
  'credential.missing': [401, 'No gateway credential was presented. Send a gateway token or key where the SDK puts the API key.'],
  'credential.conflicting': [401, 'Two different credentials were presented. Send one.'],
  'credential.malformed': [401, 'The credential is neither a gateway key nor a JWT.'],
  'credential.invalid': [401, 'The credential was not accepted. Check that it was issued for this gateway.'],
  'credential.expired': [401, 'The credential has expired. Get a new one.'],
  'credential.revoked': [401, 'The credential has been revoked. Get a new one.'],
  'credential.registry-unavailable': [503, 'Whether the credential still holds cannot be told at present. Try again later.'],
  'credential.proof-missing': [401, 'The token is bound to a key. Send the proof of that key with it (RFC 9449), and the token as "DPoP".'],
  'credential.proof-invalid': [401, 'The proof of the key that the token is bound to was not accepted.'],
  'credential.issuer-unavailable': [503, 'The keys of the token issuer cannot be fetched at present. Try again later.'],
  'credential.certificate-missing': [
    401,
    'The token is bound to a client certificate, and none was presented. Connect with the certificate that the token was issued for.',
  ],
  'credential.certificate-mismatch': [
    401,
    'The token is bound to another client certificate. Connect with the certificate that the token was issued for.',
  ],
  'credential.unbound': [401, 'The token must be bound to a client certificate and is not. Get one that is.'],
  'credential.device-token-invalid': [
    401,
    'The device token was not accepted. Check that it was issued for this gateway, and let the agent of the device get a new one.',
  ],
  'credential.device-token-expired': [401, 'The device token has expired. Let the agent of the device get a new one.'],
  'certificate.missing': [401, 'A client certificate is required. Connect with one of an authority that the gateway knows.'],
  'certificate.invalid': [401, 'The client certificate was not accepted. Check its issuer, its names and what it may be used for.'],
  'certificate.expired': [401, 'The client certificate has expired. Get a new one.'],
  'certificate.revoked': [401, 'The client certificate has been revoked. Get a new one.'],
  'certificate.revocation-unknown': [
    503,
    'Whether the client certificate has been revoked cannot be told at present. The gateway operator must renew the revocation list.',
  ],
  'certificate.malformed': [
    401,
    'The client certificate that the proxy forwarded cannot be read. The gateway operator must check the proxy.',
  ],
  'identity.unmapped': [
    401,
    'The credential is valid but names nobody that the gateway can map. Ask the gateway operator to check the claim mapping.',
  ],
  'identity.delegation-refused': [401, 'The delegation in the token is not one that the gateway accepts.'],
  'identity.step-up-required': [
    401,
    'The policy asks for a stronger or a more recent login. Log in again as asked, and come back with a new token.',
  ],
  'login.unavailable': [503, 'Logins cannot be looked up at present. Try again shortly.'],
  'login.provider-unavailable': [503, 'The identity provider cannot be reached at present. Try again later.'],
  'login.unknown-provider': [404, 'There is no such identity provider. Begin at the login page.'],
  'login.unknown-page': [404, 'There is no such page. Begin at the login page.'],
  'login.bad-request': [400, 'The request to the login page is malformed. Begin at the login page.'],
  'login.return-not-allowed': [400, 'A login may only lead back to pages of this gateway. Begin at the login page.'],
  'login.not-begun-here': [
    400,
    'This login was not begun in this browser, is already over, or took too long. Begin again at the login page.',
  ],
  'login.refused': [
    401,
    "The identity provider's answer was not accepted. Begin again; if it is refused again, tell the gateway operator.",
  ],
  'login.denied-by-provider': [403, 'The identity provider did not log you in.'],
  'login.step-up-not-met': [403, 'The identity provider did not authenticate you as strongly, or as recently, as was asked for.'],
  'login.cross-site': [403, 'The request came from another site, or from a client that does not say where it comes from.'],
  'login.logout-refused': [400, 'The logout message was not accepted.'],
  'login.none': [401, 'You are not logged in. Begin at the login page.'],
  'identity.contradictory': [
    401,
    'The credentials that were presented contradict each other about who is calling. Send credentials of one caller.',
  ],
  'tokens.too-large': [
    403,
    'A token for you would be too large: it would have to hold more groups and roles than a header takes. Ask the gateway operator to limit the groups.',
  ],
  'body.missing': [400, 'A JSON body is required.'],
  'body.unexpected': [400, 'This endpoint takes no body.'],
  'body.too-large': [413, 'The request body is larger than the gateway accepts.'],
  'body.too-many-in-flight': [503, 'The gateway holds as many request bodies as it may. Try again shortly.'],
  'body.incomplete': [400, 'The request body ended before it was complete.'],
  'body.timeout': [408, 'The request body took too long to arrive.'],
  'body.encoded': [415, 'Compressed request bodies are not accepted. Send the body without Content-Encoding.'],
  'body.not-json': [415, 'The body must be sent as application/json in UTF-8.'],
  'json.malformed': [400, 'The body is not valid JSON.'],
  'json.duplicate-key': [400, 'The JSON body holds the same key twice.'],
  'json.too-deep': [400, 'The JSON body is nested too deeply.'],
  'json.too-many-values': [400, 'The JSON body holds too many values.'],
  'json.not-utf8': [400, 'The body is not valid UTF-8.'],
  'json.lone-surrogate': [400, 'The JSON body holds an unpaired surrogate.'],
  'json.not-object': [400, 'The JSON body must be an object.'],
  'json.unsafe-number': [400, 'A numeric parameter is not a number that can be represented exactly.'],
  'parameter.invalid': [400, 'A parameter has the wrong type or value.'],
  'model.missing': [400, 'The request names no model. Set "model".'],
  'model.invalid': [400, 'The model must be a non-empty string without control characters.'],
  'model.unknown': [404, 'The model does not exist in the catalogue of this gateway, or does not serve this operation.'],
  'model.undeterminable': [
    400,
    'The request could reach a model that cannot be determined beforehand (stored prompts, earlier responses, provider-side fallbacks).',
  ],
  'policy.denied': [403, 'The policy denies this request.'],
  'policy.unavailable': [503, 'No policy is loaded, so every request is refused. The gateway operator has been told in the log.'],
  'policy.undefined': [503, 'The policy gave no answer, so the request is refused.'],
  'policy.malformed-answer': [503, 'The policy gave an answer that the gateway cannot trust, so the request is refused.'],
  'policy.error': [503, 'The policy failed, so the request is refused.'],
  'policy.deadline': [503, 'The policy took too long to decide, so the request is refused.'],
  'policy.memory': [503, 'The policy needed more memory than it may have, so the request is refused.'],
  'policy.conflict': [503, 'The policy contradicts itself for this request, so it is refused.'],
  'policy.unknown-obligation': [503, 'The policy asks for an obligation that this gateway cannot carry out, so the request is refused.'],
  'policy.obligation-blocked': [403, 'An obligation that the policy imposes cannot be carried out on this request.'],
  'policy.unknown-route': [503, 'The policy routes this request to a backend or model that does not exist, so it is refused.'],
  'policy.route-mismatch': [503, 'The policy answered for another route than the one asked about, so the request is refused.'],
  'credential.backend-unavailable': [503, 'The credential of the backend is not available, so the request is refused.'],
  'record.unavailable': [503, 'The decision cannot be recorded, so the request is refused.'],
  'record.content-unavailable': [
    503,
    'The policy wants the content of this request to be kept, and it cannot be kept, so the request is refused. The operator must configure record.content.',
  ],
  'upstream.unreachable': [502, 'The backend could not be reached.'],
  'upstream.timeout': [504, 'The backend did not answer in time.'],
  'upstream.broke-off': [502, 'The backend broke off before it answered.'],
  'upstream.redirect': [502, 'The backend answered with a redirect, which the gateway does not follow.'],
  'upstream.credential-refused': [502, "The backend did not accept the gateway's credential. The gateway operator must check it."],
  'upstream.rate-limited': [429, 'The backend limits the rate of requests at present. Try again later.'],
  'upstream.overloaded': [503, 'The backend is overloaded at present. Try again later.'],
  'upstream.failed': [502, 'The backend failed to serve the request.'],
  'admin.unknown-door': [404, 'The gateway has no such administrative door. See the list of doors in its documentation.'],
  'admin.malformed': [400, 'The request to the administrative door is malformed. See the fields that the door takes in the documentation.'],
  'admin.not-found': [404, 'What the action names does not exist.'],
  'admin.conflict': [409, 'The action does not fit the present state. Look at the state and try again.'],
  'tokens.unavailable': [503, 'The gateway cannot make tokens at present. Its operator has been told in the log.'],
  'record.unreadable': [503, 'The decision log cannot be read at present. Its operator has been told in the log.'],
  'gateway.error': [500, 'The gateway failed. The failure is in its log under the decision id.'],
} as const satisfies Record<string, readonly [status: number, tell: string]>;

export type ErrorCode = keyof typeof table;

export interface ErrorEntry {
  readonly code: ErrorCode;
  readonly status: number;
  readonly tell: string;
}

/** Looks a code up. */
export function describe(code: ErrorCode): ErrorEntry {
  const [status, tell] = table[code];
  return { code, status, tell };
}

export const errorCodes = Object.keys(table) as readonly ErrorCode[];

/** A considered "no": a value, not an error. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly code: ErrorCode;
  /** For a policy's deny: its reasons. */
  readonly reasons: readonly Reason[];
  /** What the policy wants the caller to read, in place of the table's sentence. */
  readonly message?: string;
  /** For `identity.step-up-required`: what the next login must be (RFC 9470 section 3). The values are the policy's. */
  readonly challenge?: { readonly acrValues: readonly string[]; readonly maxAgeSeconds?: number };
  /** For the record only. Never holds input, a token or a header's value. */
  readonly detail?: string;
  /** Which policy said it, where one did. */
  readonly policy?: PolicyStamp;
  /** What the policy was asked, where its answer could not be believed: for the record, so that the failure can be replayed. */
  readonly asked?: PolicyInput;
  /** What the evaluation took beside that. */
  readonly nd?: NonDeterministic;
  /** What became of the obligations, where enforcing them led to this. */
  readonly obligations?: readonly ObligationOutcome[];
}

/** Says no. */
export function refuse(code: ErrorCode, more: Partial<Omit<Refusal, 'kind' | 'code'>> = {}): Refusal {
  return { kind: 'refusal', reasons: [], ...more, code };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refusal';
}

/** Something broke: the gateway's own failure, or a component's, translated at its door. The message is for operators and holds no secret. */
export class Breakage extends Error {
  override readonly name = 'Breakage';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A bundle that cannot be used: of what kind the failure is, and which bundle is to blame where one is. Requests are not told. */
export class BundleBreakage extends Breakage {
  readonly kind: BundleFailureKind;
  readonly bundle: string | undefined;

  constructor(kind: BundleFailureKind, message: string, { bundle, cause }: { bundle?: string | undefined; cause?: unknown } = {}) {
    super('policy.unavailable', message, cause === undefined ? {} : { cause });
    this.kind = kind;
    this.bundle = bundle;
  }
}
