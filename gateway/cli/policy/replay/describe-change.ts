import type { Verdict } from '../../../vocabulary/verdict.ts';
import type { Change } from './replay-record.ts';

type Answered = Exclude<Verdict, { readonly failed: unknown }>;

/** Says for people in what a decision would be another. Only what differs: where a request is let through as before, that need not be said. */
export function describeChange({ changes, before, after, reasons }: Change): string {
  const verdicts = `${nameOf(before)}, would be ${nameOf(after)}`;
  if ('failed' in before || 'failed' in after) return verdicts;
  const parts = changes.map((kind) => {
    if (kind === 'route') return `route ${wayOf(before)}, would be ${wayOf(after)}`;
    if (kind === 'obligations') return `obligations ${differing(before, after)}`;
    return kind === 'reasons' ? `reasons ${reasons.join(' ')}` : verdicts;
  });
  return parts.join('; ');
}

function nameOf(verdict: Verdict): string {
  if ('failed' in verdict) return `failure ${verdict.failed}`;
  const codes = verdict.codes.length === 0 ? '' : ` (${verdict.codes.join(' ')})`;
  return `${verdict.allow ? 'allow' : 'deny'}${codes}`;
}

function wayOf({ route, fallbacks }: Answered): string {
  const place = (one: { readonly backend?: string; readonly model?: string }) => `${one.backend ?? ''}/${one.model ?? ''}`;
  return [route === undefined ? 'none' : place(route), ...fallbacks.map((one) => `then ${place(one)}`)].join(' ');
}

const longestObligation = 120;

function differing(before: Answered, after: Answered): string {
  const texts = ({ obligations }: Answered) =>
    obligations.map(({ type, ...parameters }) => `${type} ${JSON.stringify(parameters)}`.slice(0, longestObligation));
  const [had, has] = [texts(before), texts(after)];
  const gone = had.filter((text) => !has.includes(text)).map((text) => `-${text}`);
  const come = has.filter((text) => !had.includes(text)).map((text) => `+${text}`);
  return [...gone, ...come].join(' ');
}
