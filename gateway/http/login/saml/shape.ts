import { attribute, children, childrenOf, isNamed, namespaces, only, parseXml, walkElements, type XmlElement, XmlProblem } from './xml.ts';

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const enveloped = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

/** SHA-256 or longer. SHA-1 collisions are bought, not researched; xml-crypto still takes it. */
const signatureMethods: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
]);
const digestMethods: ReadonlySet<string> = new Set(['http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmlenc#sha512']);

/** Names of attributes that some XML processor takes for an ID. */
const idNames = ['ID', 'Id', 'id', 'AssertionID', 'xml:id'];

const longestMessage = 256 * 1024;
const idForm = /^[A-Za-z_][A-Za-z0-9_.-]{0,255}$/;

export interface ResponseShape {
  readonly response: XmlElement;
  readonly id: string;
}

/**
 * Reads a response of the HTTP POST binding and lets through only the one shape that leaves nothing to wrap (XSW): one assertion, right below the
 * response; two signatures, the response's and the assertion's, each right below what it signs, each with one reference, to its own parent, by an ID
 * that stands once; nothing but enveloped-signature and exclusive canonicalisation; SHA-256 or longer. The signatures themselves are for node-saml.
 *
 * @param encoded the form field `SAMLResponse`
 * @throws XmlProblem
 */
export function readResponse(encoded: string): ResponseShape {
  const root = parseXml(decode(encoded));
  if (!isNamed(root, namespaces.protocol, 'Response')) throw new XmlProblem('this is no SAML response');
  const elements = [...walkElements(root)];
  const assertions = elements.filter(({ localName }) => localName === 'Assertion');
  if (elements.some(({ localName }) => localName === 'EncryptedAssertion')) throw new XmlProblem('encrypted assertions are not taken');
  if (children(root, namespaces.assertion, 'Assertion').length === 0 && assertions.length === 0)
    throw new XmlProblem('the response holds no assertion');
  const assertion = only(root, namespaces.assertion, 'Assertion');
  if (assertions.length !== 1) throw new XmlProblem('the response holds more than one assertion');
  if (elements.filter(({ localName }) => localName === 'Response').length !== 1)
    throw new XmlProblem('the message holds more than one response');
  checkIds(elements);
  checkSignatures(elements, [root, assertion]);
  return { response: root, id: idOf(root) };
}

/** As {@link readResponse}, for a logout request of the HTTP POST binding: one signature, of the whole. */
export function readLogoutRequest(encoded: string): XmlElement {
  const root = parseXml(decode(encoded));
  if (!isNamed(root, namespaces.protocol, 'LogoutRequest')) throw new XmlProblem('this is no SAML logout request');
  const elements = [...walkElements(root)];
  checkIds(elements);
  checkSignatures(elements, [root]);
  return root;
}

export function idOf(element: XmlElement): string {
  const id = attribute(element, 'ID');
  if (id === undefined || !idForm.test(id)) throw new XmlProblem('an ID is missing or malformed');
  return id;
}

/** Base64 in its one spelling but for line breaks, which RFC 2045 writers put in; then strict UTF-8. */
function decode(encoded: string): string {
  const text = encoded.replace(/[\r\n]/g, '');
  if (text.length > (longestMessage * 4) / 3) throw new XmlProblem('the message is too long');
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new XmlProblem('the message is not base64');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new XmlProblem('the message is not UTF-8', { cause });
  }
}

function checkIds(elements: readonly XmlElement[]): void {
  const ids = elements.flatMap((element) => idNames.map((name) => attribute(element, name)).filter((id) => id !== undefined));
  if (new Set(ids).size !== ids.length) throw new XmlProblem('an ID stands twice');
}

function checkSignatures(elements: readonly XmlElement[], signed: readonly XmlElement[]): void {
  const signatures = elements.filter(({ localName }) => localName === 'Signature');
  if (signatures.length !== signed.length) throw new XmlProblem('not exactly what must be signed is signed');
  for (const element of signed) {
    const [signature, another] = children(element, namespaces.signature, 'Signature');
    if (signature === undefined || another !== undefined) throw new XmlProblem('not exactly what must be signed is signed');
    checkSignature(signature, idOf(element));
  }
}

function checkSignature(signature: XmlElement, id: string): void {
  const known = ['SignedInfo', 'SignatureValue', 'KeyInfo'];
  // ds:Object is where a wrapped original would be hidden.
  if (childrenOf(signature).some((child) => !known.some((name) => isNamed(child, namespaces.signature, name))))
    throw new XmlProblem('a signature holds more than a signature');
  const info = only(signature, namespaces.signature, 'SignedInfo');
  if (algorithmOf(info, 'CanonicalizationMethod') !== exclusive) throw new XmlProblem('a signature has another canonicalisation');
  if (!signatureMethods.has(algorithmOf(info, 'SignatureMethod'))) throw new XmlProblem('a signature has an algorithm that is not allowed');
  const reference = only(info, namespaces.signature, 'Reference');
  if (attribute(reference, 'URI') !== `#${id}`) throw new XmlProblem('a signature is of something else than what it stands in');
  if (!digestMethods.has(algorithmOf(reference, 'DigestMethod'))) throw new XmlProblem('a digest has an algorithm that is not allowed');
  const transforms = children(only(reference, namespaces.signature, 'Transforms'), namespaces.signature, 'Transform');
  const names = transforms.map((transform) => attribute(transform, 'Algorithm'));
  if (names.length !== 2 || names[0] !== enveloped || names[1] !== exclusive) throw new XmlProblem('a signature transforms what it signs');
}

function algorithmOf(parent: XmlElement, name: string): string {
  return attribute(only(parent, namespaces.signature, name), 'Algorithm') ?? '';
}
