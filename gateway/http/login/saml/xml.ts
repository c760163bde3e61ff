import { createRequire } from 'node:module';

/** As much of the DOM as is used here. The library's own types would put a browser's globals into every file of the gateway. */
interface XmlNode {
  readonly nodeType: number;
  readonly nextSibling: XmlNode | null;
}

export interface XmlElement extends XmlNode {
  readonly localName: string | null;
  readonly namespaceURI: string | null;
  readonly firstChild: XmlNode | null;
  readonly textContent: string | null;
  hasAttribute(name: string): boolean;
  getAttribute(name: string): string | null;
}

interface Xmldom {
  readonly DOMParser: new (options: {
    readonly locator: object;
    readonly errorHandler: Readonly<Record<'warning' | 'error' | 'fatalError', () => never>>;
  }) => { parseFromString(text: string, type: string): { readonly documentElement: XmlElement | null } | undefined };
}

const { DOMParser } = createRequire(import.meta.url)('@xmldom/xmldom') as Xmldom;

export const namespaces = {
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
} as const;

/** The XML is not what it must be. The message is constant: it holds nothing of the document. */
export class XmlProblem extends Error {
  override readonly name = 'XmlProblem';
}

/**
 * Parses XML that somebody else has written. What has more than one reading is refused before it is read: document types (entity bombs, external
 * entities), comments (they split a text in two for one reader and not for the next), CDATA, processing instructions.
 *
 * @param allow comments, for files that an operator has placed
 * @throws XmlProblem
 */
export function parseXml(text: string, allow: { readonly comments?: boolean } = {}): XmlElement {
  const plain = allow.comments === true ? text.replace(/<!--[\s\S]*?-->/g, '') : text;
  if (/<!/.test(plain)) throw new XmlProblem('a document type, a comment or a CDATA section stands in the XML');
  if (/<\?(?!xml\s)/.test(plain) || plain.lastIndexOf('<?') > 0) throw new XmlProblem('a processing instruction stands in the XML');
  // Nobody is known yet, and the parser's effort grows faster than what it is given.
  const tags = plain.split('<');
  if (tags.length > mostTags) throw new XmlProblem('the XML holds too many elements');
  if (tags.some((tag) => (tag.match(/=\s*["']/g) ?? []).length > mostAttributes))
    throw new XmlProblem('an element holds too many attributes');
  const fail = (): never => {
    throw new XmlProblem('the XML is not well-formed');
  };
  const document = new DOMParser({ locator: {}, errorHandler: { warning: fail, error: fail, fatalError: fail } }).parseFromString(
    plain,
    'text/xml',
  );
  const root = document?.documentElement;
  if (root === undefined || root === null) return fail();
  checkDepth(root);
  return root;
}

/** A response for somebody in a thousand groups has some two thousand. */
const mostTags = 10_000;
const mostAttributes = 64;
const mostDepth = 64;

/** Without recursion: what comes after may recurse, since this has looked. */
function checkDepth(root: XmlElement): void {
  let level: readonly XmlElement[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > mostDepth) throw new XmlProblem('the XML is nested too deeply');
    level = level.flatMap(childrenOf);
  }
}

/** The elements right below one. */
export function childrenOf(parent: XmlElement): readonly XmlElement[] {
  const found: XmlElement[] = [];
  for (let node = parent.firstChild; node !== null; node = node.nextSibling) if (isElement(node)) found.push(node);
  return found;
}

/** Those of one name. */
export function children(parent: XmlElement, namespace: string, name: string): readonly XmlElement[] {
  return childrenOf(parent).filter((child) => isNamed(child, namespace, name));
}

/** The one of a name. @throws XmlProblem where there is none or more than one */
export function only(parent: XmlElement, namespace: string, name: string): XmlElement {
  const [first, second] = children(parent, namespace, name);
  if (first === undefined || second !== undefined) throw new XmlProblem(`exactly one ${name} was expected`);
  return first;
}

/** Every element of the document from one on, itself included. */
export function* walkElements(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of childrenOf(element)) yield* walkElements(child);
}

export function isNamed(element: XmlElement, namespace: string, name: string): boolean {
  return element.localName === name && element.namespaceURI === namespace;
}

/** An attribute; `undefined` where it is absent. */
export function attribute(element: XmlElement, name: string): string | undefined {
  return element.hasAttribute(name) ? (element.getAttribute(name) ?? undefined) : undefined;
}

/** The text of an element that holds nothing else. @throws XmlProblem where it holds elements */
export function textOf(element: XmlElement): string {
  if (childrenOf(element).length > 0) throw new XmlProblem('text was expected');
  return element.textContent ?? '';
}

/**
 * A point in time as SAML writes it: UTC with a `Z` (SAML 2.0 Core section 1.3.3).
 * @returns milliseconds since the epoch; `undefined` where the attribute is absent
 * @throws XmlProblem where it is anything else
 */
export function instant(element: XmlElement, name: string): number | undefined {
  const text = attribute(element, name);
  if (text === undefined) return undefined;
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new XmlProblem(`${name} is no point in time`);
  return at;
}

/** Escapes text for an attribute or an element. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function isElement(node: XmlNode): node is XmlElement {
  return node.nodeType === 1;
}
