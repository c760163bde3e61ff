import type { Answer, AuditDirective, Obligation } from '../../vocabulary/decision.ts';
import { readReason } from './read-reason.ts';
import { malformed, optional, readBoolean, readCode, readList, readObject, readOpenObject, readText } from './shape.ts';

export { MalformedAnswer } from './shape.ts';

const answerKeys = new Set(['allow', 'reasons', 'message', 'route', 'fallbacks', 'obligations', 'audit']);
const routeKeys = new Set(['backend', 'model', 'credential']);
const fallbackKeys = new Set(['backend', 'model']);
const auditKeys = new Set(['class', 'capture', 'labels']);

const most = { reasons: 64, fallbacks: 8, obligations: 32, labels: 32, name: 256, text: 2048 } as const;
/** Over all obligations: enough for any list of tools or parameters, too little to fill a record with. */
const mostParameterValues = 2048;
const mostParameterDepth = 8;

/**
 * Believes a policy's value only if it is a complete, well-formed answer of version 1: right types, bounded sizes, no key that the contract does
 * not have. `allow` must be literally `true` to allow, and a deny must say why.
 * @throws MalformedAnswer
 */
export function readAnswer(value: unknown): Answer {
  const answer = readObject(value, 'the answer', answerKeys);
  const allow = readBoolean(answer['allow'], 'allow');
  const reasons = readList(answer['reasons'], 'reasons', most.reasons, readReason);
  if (!allow && reasons.length === 0) malformed('reasons', 'given, though the answer denies');
  return {
    allow,
    reasons,
    fallbacks: readList(answer['fallbacks'], 'fallbacks', most.fallbacks, readFallback),
    obligations: readObligations(answer['obligations']),
    ...optional('message', answer['message'], (text) => readText(text, 'message', most.text)),
    ...optional('route', answer['route'], readRoute),
    ...optional('audit', answer['audit'], readAudit),
  };
}

function readRoute(value: unknown): NonNullable<Answer['route']> {
  const route = readObject(value, 'route', routeKeys);
  const name = (part: unknown) => readText(part, 'a part of route', most.name);
  return {
    ...optional('backend', route['backend'], name),
    ...optional('model', route['model'], name),
    ...optional('credential', route['credential'], name),
  };
}

function readFallback(value: unknown, at: string): Answer['fallbacks'][number] {
  const fallback = readObject(value, at, fallbackKeys);
  return {
    backend: readText(fallback['backend'], `${at}.backend`, most.name),
    ...optional('model', fallback['model'], (model) => readText(model, `${at}.model`, most.name)),
  };
}

function readAudit(value: unknown): AuditDirective {
  const audit = readObject(value, 'audit', auditKeys);
  return {
    ...optional('class', audit['class'], (text) => readCode(text, 'audit.class')),
    ...optional('capture', audit['capture'], (text) =>
      text === 'metadata' || text === 'content' ? text : malformed('audit.capture', 'metadata or content'),
    ),
    ...optional('labels', audit['labels'], readLabels),
  };
}

function readLabels(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(readOpenObject(value, 'audit.labels'));
  if (entries.length > most.labels) malformed('audit.labels', `an object with at most ${most.labels} keys`);
  return Object.fromEntries(
    entries.map(([key, label]) => [readCode(key, 'a key of audit.labels'), readText(label, 'a value of audit.labels', most.name)]),
  );
}

/** The parameters are for whoever carries an obligation out; here they must only be plain and bounded. */
function readObligations(value: unknown): readonly Obligation[] {
  let left = mostParameterValues;

  function checkParameter(parameter: unknown, at: string, depth: number): void {
    left -= 1;
    if (left < 0 || depth > mostParameterDepth) malformed(at, 'of a reasonable size and depth');
    if (typeof parameter === 'string') {
      if (parameter.length > most.text) malformed(at, `free of strings longer than ${most.text} characters`);
    } else if (typeof parameter === 'number') {
      // 1e400 leaves the module as a number and arrives as Infinity.
      if (!Number.isFinite(parameter)) malformed(at, 'free of numbers that cannot be represented');
    } else if (typeof parameter === 'object' && parameter !== null) {
      for (const [key, member] of Object.entries(parameter)) {
        if (key.length > most.name) malformed(at, `free of keys longer than ${most.name} characters`);
        checkParameter(member, at, depth + 1);
      }
    }
  }

  return readList(value, 'obligations', most.obligations, (member, at) => {
    const obligation = readOpenObject(member, at);
    const type = readCode(obligation['type'], `${at}.type`);
    checkParameter(obligation, at, 0);
    return { ...obligation, type };
  });
}
