import { attribute, children, instant, isNamed, namespaces, only, textOf, type XmlElement, XmlProblem } from './xml.ts';

/** What an assertion must say to be an answer to the gateway's own request. */
export interface Expected {
  readonly idpEntityId: string;
  readonly audience: string;
  /** Address of the assertion consumer service. */
  readonly recipient: string;
  /** ID of the request. */
  readonly inResponseTo: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly skewMs: number;
  readonly maxAgeMs: number;
}

/** What a valid assertion says. Times are milliseconds since the epoch. */
export interface Said {
  readonly id: string;
  /** Until when it could be shown again. */
  readonly until: number;
  readonly nameId?: {
    readonly value: string;
    readonly format?: string;
    readonly nameQualifier?: string;
    readonly spNameQualifier?: string;
  };
  readonly sessionIndex?: string;
  readonly authTime?: number;
  readonly sessionEndsAt?: number;
  readonly authnContext?: string;
  /** Name → values, in order; the values of several attributes of one name together. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
}

const success = 'urn:oasis:names:tc:SAML:2.0:status:Success';
const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
const { assertion: saml, protocol } = namespaces;

/** The `InResponseTo` of a response: which request it says to answer. */
export function requestOf(response: XmlElement): string {
  return attribute(response, 'InResponseTo') ?? '';
}

/** Checks the response around the assertion (SAML 2.0 Bindings section 3.5.5.2, Profiles section 4.1.4.2). @throws XmlProblem */
export function checkResponse(response: XmlElement, expected: Expected): void {
  must(attribute(response, 'Version') === '2.0', 'the response is of another version');
  must(attribute(response, 'Destination') === expected.recipient, 'the response has another destination');
  must(issuerOf(response) === expected.idpEntityId, 'the response has another issuer');
  must(requestOf(response) === expected.inResponseTo, 'the response answers another request');
  must(attribute(only(only(response, protocol, 'Status'), protocol, 'StatusCode'), 'Value') === success, 'the provider reports no success');
  checkAge(response, expected);
}

/** Checks an assertion whose signature holds, and reads it (Profiles section 4.1.4.3, Core section 2). @throws XmlProblem */
export function readAssertion(assertion: XmlElement, expected: Expected): Said {
  const { now, skewMs } = expected;
  must(isNamed(assertion, saml, 'Assertion') && attribute(assertion, 'Version') === '2.0', 'the assertion is of another version');
  must(issuerOf(assertion) === expected.idpEntityId, 'the assertion has another issuer');
  checkAge(assertion, expected);
  const confirmedUntil = confirm(only(assertion, saml, 'Subject'), expected);
  const conditions = only(assertion, saml, 'Conditions');
  checkWindow(conditions, expected);
  const restrictions = children(conditions, saml, 'AudienceRestriction');
  const meant = restrictions.map((restriction) => children(restriction, saml, 'Audience').map(textOf).includes(expected.audience));
  must(meant.length > 0 && meant.every(Boolean), 'the assertion is for another audience');
  const statements = children(assertion, saml, 'AuthnStatement');
  const [statement] = statements;
  if (statement === undefined || statements.length !== 1) throw new XmlProblem('exactly one AuthnStatement was expected');
  const authTime = instant(statement, 'AuthnInstant');
  must(authTime === undefined || authTime <= now + skewMs, 'the authentication lies in the future');
  const sessionEndsAt = instant(statement, 'SessionNotOnOrAfter');
  must(sessionEndsAt === undefined || sessionEndsAt > now - skewMs, "the provider's session is over");
  const sessionIndex = attribute(statement, 'SessionIndex');
  const [context] = children(only(statement, saml, 'AuthnContext'), saml, 'AuthnContextClassRef');
  const nameId = readNameId(only(assertion, saml, 'Subject'));
  return {
    id: attribute(assertion, 'ID') ?? '',
    until: confirmedUntil + skewMs,
    ...(nameId === undefined ? {} : { nameId }),
    ...(sessionIndex === undefined ? {} : { sessionIndex }),
    ...(authTime === undefined ? {} : { authTime }),
    ...(sessionEndsAt === undefined ? {} : { sessionEndsAt }),
    ...(context === undefined ? {} : { authnContext: textOf(context) }),
    attributes: readAttributes(assertion),
  };
}

/** One bearer confirmation must hold in every point. @returns until when it does */
function confirm(subject: XmlElement, { recipient, inResponseTo, now, skewMs }: Expected): number {
  for (const confirmation of children(subject, saml, 'SubjectConfirmation')) {
    if (attribute(confirmation, 'Method') !== bearer) continue;
    const data = only(confirmation, saml, 'SubjectConfirmationData');
    const until = instant(data, 'NotOnOrAfter');
    const from = instant(data, 'NotBefore');
    if (attribute(data, 'Recipient') !== recipient || attribute(data, 'InResponseTo') !== inResponseTo) continue;
    if (until === undefined || until <= now - skewMs || (from !== undefined && from > now + skewMs)) continue;
    return until;
  }
  throw new XmlProblem('no bearer confirmation is for this gateway, this request and this time');
}

export function readNameId(subject: XmlElement): Said['nameId'] {
  const [element, another] = children(subject, saml, 'NameID');
  if (element === undefined) return undefined;
  must(another === undefined, 'the subject has two names');
  const format = attribute(element, 'Format');
  const nameQualifier = attribute(element, 'NameQualifier');
  const spNameQualifier = attribute(element, 'SPNameQualifier');
  return {
    value: textOf(element),
    ...(format === undefined ? {} : { format }),
    ...(nameQualifier === undefined ? {} : { nameQualifier }),
    ...(spNameQualifier === undefined ? {} : { spNameQualifier }),
  };
}

function readAttributes(assertion: XmlElement): Said['attributes'] {
  const attributes = new Map<string, readonly string[]>();
  for (const statement of children(assertion, saml, 'AttributeStatement')) {
    for (const element of children(statement, saml, 'Attribute')) {
      const name = attribute(element, 'Name') ?? '';
      const values = children(element, saml, 'AttributeValue').map(textOf);
      attributes.set(name, [...(attributes.get(name) ?? []), ...values]);
    }
  }
  return attributes;
}

export function issuerOf(element: XmlElement): string {
  return textOf(only(element, saml, 'Issuer'));
}

/** How long ago it was issued: neither in the future nor too long. */
export function checkAge(element: XmlElement, { now, skewMs, maxAgeMs }: Pick<Expected, 'now' | 'skewMs' | 'maxAgeMs'>): void {
  const issued = instant(element, 'IssueInstant');
  must(issued !== undefined && issued <= now + skewMs, 'the message was issued in the future');
  must(issued !== undefined && issued > now - skewMs - maxAgeMs, 'the message was issued too long ago');
}

function checkWindow(element: XmlElement, { now, skewMs }: Expected): void {
  const from = instant(element, 'NotBefore');
  const until = instant(element, 'NotOnOrAfter');
  must(from === undefined || from <= now + skewMs, 'the assertion is not valid yet');
  must(until === undefined || until > now - skewMs, 'the assertion has expired');
}

function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new XmlProblem(otherwise);
}
