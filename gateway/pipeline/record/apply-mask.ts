import type { MaskRule } from './mask-rules.ts';

export interface Masked<T> {
  readonly event: T;
  readonly erased: readonly string[];
  readonly masked: readonly string[];
}

/** All rules in one tree, so that a place is copied once however many rules go through it. */
interface Branch {
  rule?: MaskRule;
  readonly below: Map<string, Branch>;
}

type Report = { readonly erased: string[]; readonly masked: string[] };
const removed: unique symbol = Symbol('removed');
const arrayIndex = /^(?:0|[1-9]\d{0,8})$/;

/**
 * Applies mask rules to an event. Only what lies on the way to a change is copied; the event itself stays as it is.
 *
 * Every pointer means a place of the event as it was. (In OPA rules act one after another, and erasing the first element of an array moves the
 * others under the next rule, so that the wrong one goes.) A rule on a place wins over rules below it, and erasing wins over changing.
 * A target that does not exist is ignored; a change may add a member to an object, and the objects on the way to it.
 */
export function applyMask<T extends object>(event: T, rules: readonly MaskRule[]): Masked<T> {
  const report: Report = { erased: [], masked: [] };
  const root: Branch = { below: new Map() };
  for (const rule of rules) {
    // OPA's meaning: a change may add below what the event has, never a new member of the event itself.
    if ((event as Record<string, unknown>)[rule.parts[0]] !== undefined) plant(root, rule);
  }
  return { event: changeObject(event, root, report) as T, ...report };
}

function plant(root: Branch, rule: MaskRule): void {
  let branch = root;
  for (const part of rule.parts) {
    let next = branch.below.get(part);
    if (next === undefined) {
      next = { below: new Map() };
      branch.below.set(part, next);
    }
    branch = next;
  }
  if (branch.rule?.op !== 'remove') branch.rule = rule;
}

/** The new value of a place that exists; `removed` where it is to go. */
function change(value: unknown, branch: Branch, report: Report): unknown {
  if (branch.rule !== undefined) return obey(branch.rule, report);
  if (Array.isArray(value)) return changeArray(value, branch, report);
  if (typeof value === 'object' && value !== null) return changeObject(value, branch, report);
  return value;
}

function obey(rule: MaskRule, report: Report): unknown {
  if (rule.op === 'remove') {
    report.erased.push(rule.pointer);
    return removed;
  }
  report.masked.push(rule.pointer);
  return rule.value;
}

function changeObject(before: object, { below }: Branch, report: Report): object {
  let copy: Record<string, unknown> | undefined;
  for (const [name, branch] of below) {
    const exists = Object.hasOwn(before, name);
    const old = exists ? (before as Record<string, unknown>)[name] : undefined;
    const next = old === undefined ? create(branch, report) : change(old, branch, report);
    if (next === old) continue;
    copy ??= { ...before };
    if (next === removed) delete copy[name];
    // Not an assignment: a caller's claim may be called `__proto__`.
    else Object.defineProperty(copy, name, { value: next, enumerable: true, configurable: true, writable: true });
  }
  return copy ?? before;
}

function changeArray(before: readonly unknown[], { below }: Branch, report: Report): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (const [name, branch] of below) {
    const index = arrayIndex.test(name) ? Number(name) : before.length;
    if (index >= before.length) continue;
    const next = change(before[index], branch, report);
    if (next === before[index]) continue;
    copy ??= [...before];
    copy[index] = next;
  }
  return copy?.filter((value) => value !== removed) ?? before;
}

/** What a change puts where nothing was; `undefined` where all rules below only erase. */
function create({ rule, below }: Branch, report: Report): unknown {
  if (rule !== undefined) return rule.op === 'upsert' ? obey(rule, report) : undefined;
  let made: Record<string, unknown> | undefined;
  for (const [name, branch] of below) {
    const value = create(branch, report);
    if (value === undefined) continue;
    made ??= {};
    Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return made;
}
