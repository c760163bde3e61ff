import { BuiltinError } from './builtin.ts';
import { type Chunk, months, parseLayout, weekdays } from './time-layout.ts';
import { abbreviationAt, offsetPattern, readOffset } from './time-offset.ts';
import { civilSeconds, nanosecondsOf } from './zone.ts';

/**
 * Reads a time as Go's `time.Parse` does on a machine whose own zone is UTC: where the text names no offset in digits, it is in UTC. An abbreviation
 * (`CET`, `GMT-8`) is taken and changes nothing.
 * @returns nanoseconds since the epoch
 * @throws BuiltinError where the text does not fit the layout
 */
export function parseTime(layout: string, text: string): bigint {
  const chunks = parseLayout(layout);
  const reader = new Reader(text);
  for (const [index, { literal, element }] of chunks.entries()) {
    reader.skip(literal);
    if (element !== undefined) reader.element(element, chunks[index + 1]);
  }
  return reader.time();
}

class Reader {
  #rest: string;
  #year = 0;
  #month: number | undefined;
  #day: number | undefined;
  #dayOfYear: number | undefined;
  #hour = 0;
  #minute = 0;
  #second = 0;
  #nanoseconds = 0;
  #half: 'am' | 'pm' | undefined;
  #offset = 0;

  constructor(text: string) {
    this.#rest = text;
  }

  /** Literal text; a run of spaces stands for any run, even none. */
  skip(literal: string): void {
    for (const part of literal.match(/ +|[^ ]+/g) ?? []) {
      if (part.startsWith(' ')) {
        if (this.#rest !== '' && !this.#rest.startsWith(' ')) fail();
        this.#rest = this.#rest.replace(/^ +/, '');
      } else {
        if (!this.#rest.startsWith(part)) fail();
        this.#rest = this.#rest.slice(part.length);
      }
    }
  }

  element(element: string, next: Chunk | undefined): void {
    switch (element) {
      case '2006':
        this.#year = Number(this.#take(/^\d{4}/));
        break;
      case '06':
        this.#year = Number(this.#take(/^(?:\d\d|[+-]\d)/));
        this.#year += this.#year >= 69 ? 1900 : 2000;
        break;
      case 'January':
        this.#month = this.#name(months, undefined) + 1;
        break;
      case 'Jan':
        this.#month = this.#name(months, 3) + 1;
        break;
      case '01':
      case '1':
        this.#month = this.#number(element === '01', 1, 12);
        break;
      case 'Monday':
        this.#name(weekdays, undefined);
        break;
      case 'Mon':
        this.#name(weekdays, 3);
        break;
      case '_2':
        this.#take(/^ ?/);
        this.#day = this.#number(false, 0, 99);
        break;
      case '2':
      case '02':
        this.#day = this.#number(element === '02', 0, 99);
        break;
      case '__2':
        this.#take(/^ {0,2}/);
        this.#dayOfYear = Number(this.#take(/^\d{1,3}/));
        break;
      case '002':
        this.#dayOfYear = Number(this.#take(/^\d{3}/));
        break;
      case '15':
        this.#hour = this.#number(false, 0, 23);
        break;
      case '3':
      case '03':
        this.#hour = this.#number(element === '03', 0, 12);
        break;
      case '4':
      case '04':
        this.#minute = this.#number(element === '04', 0, 59);
        break;
      case '5':
      case '05':
        this.#second = this.#number(element === '05', 0, 59);
        // A fraction is taken even where the layout shows none.
        if (!/^[.,]/.test(next?.literal === '' ? (next.element ?? '') : '')) this.#optionalFraction();
        break;
      case 'PM':
      case 'pm':
        this.#half = this.#take(element === 'PM' ? /^[AP]M/ : /^[ap]m/).toLowerCase() as 'am' | 'pm';
        break;
      case 'MST':
        this.#take(abbreviationAt(this.#rest));
        break;
      default:
        if (!/^[.,]/.test(element)) this.#offset = readOffset(element, this.#take(offsetPattern(element)));
        else if (element[1] === '9') this.#optionalFraction();
        else this.#fraction(this.#take(new RegExp(`^[.,]\\d{${element.length - 1}}`)));
    }
  }

  time(): bigint {
    if (this.#rest !== '') fail();
    if (this.#half === 'pm' && this.#hour < 12) this.#hour += 12;
    else if (this.#half === 'am' && this.#hour === 12) this.#hour = 0;
    this.#placeInYear();
    const [month, day] = [this.#month ?? 1, this.#day ?? 1];
    const seconds = civilSeconds(this.#year, month, day, this.#hour, this.#minute, this.#second);
    const check = new Date(civilSeconds(this.#year, month, day, 0, 0, 0) * 1000);
    if (check.getUTCMonth() + 1 !== month || check.getUTCDate() !== day) fail();
    return nanosecondsOf(seconds - this.#offset, this.#nanoseconds);
  }

  #placeInYear(): void {
    if (this.#dayOfYear === undefined) return;
    const at = new Date(civilSeconds(this.#year, 1, this.#dayOfYear, 0, 0, 0) * 1000);
    const [month, day] = [at.getUTCMonth() + 1, at.getUTCDate()];
    if (this.#dayOfYear < 1 || at.getUTCFullYear() !== this.#year) fail();
    if ((this.#month ?? month) !== month || (this.#day ?? day) !== day) fail();
    this.#month = month;
    this.#day = day;
  }

  #take(pattern: RegExp): string {
    const found = pattern.exec(this.#rest)?.[0];
    if (found === undefined) fail();
    this.#rest = this.#rest.slice(found.length);
    return found;
  }

  #number(fixed: boolean, least: number, most: number): number {
    const value = Number(this.#take(fixed ? /^\d\d/ : /^\d\d?/));
    if (value < least || value > most) fail();
    return value;
  }

  #name(names: readonly string[], length: number | undefined): number {
    const index = names.findIndex((name) => {
      const part = name.slice(0, length);
      return new RegExp(`^${part}`, 'i').test(this.#rest);
    });
    if (index < 0) fail();
    this.#rest = this.#rest.slice((names[index] ?? '').slice(0, length).length);
    return index;
  }

  #optionalFraction(): void {
    const found = /^[.,]\d+/.exec(this.#rest)?.[0];
    if (found !== undefined) this.#fraction(this.#take(/^[.,]\d+/));
  }

  #fraction(text: string): void {
    this.#nanoseconds = Number(text.slice(1, 10).padEnd(9, '0'));
  }
}

function fail(): never {
  throw new BuiltinError('the text does not fit the layout');
}
