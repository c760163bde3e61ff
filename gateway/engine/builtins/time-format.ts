import { limitText } from './limits.ts';
import { months, parseLayout, weekdays } from './time-layout.ts';
import { type Moment, wallClock } from './zone.ts';

/** Writes a time as Go's `Time.Format` does. */
export function formatTime(moment: Moment, layout: string): string {
  limitText(layout.length);
  const wall = wallClock(moment);
  return parseLayout(layout)
    .map(({ literal, element }) => literal + (element === undefined ? '' : write(element, wall, moment)))
    .join('');
}

function write(element: string, wall: Date, moment: Moment): string {
  const [year, month, day, hour] = [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate(), wall.getUTCHours()];
  switch (element) {
    case '2006':
      return digits(year, 4);
    case '06':
      return digits(year % 100, 2);
    case 'January':
      return months[month] ?? '';
    case 'Jan':
      return months[month]?.slice(0, 3) ?? '';
    case '01':
      return digits(month + 1, 2);
    case '1':
      return digits(month + 1, 1);
    case 'Monday':
      return weekdays[wall.getUTCDay()] ?? '';
    case 'Mon':
      return weekdays[wall.getUTCDay()]?.slice(0, 3) ?? '';
    case '2':
      return digits(day, 1);
    case '_2':
      return digits(day, 1).padStart(2);
    case '02':
      return digits(day, 2);
    case '__2':
      return digits(dayOfYear(wall), 1).padStart(3);
    case '002':
      return digits(dayOfYear(wall), 3);
    case '15':
      return digits(hour, 2);
    case '3':
      return digits(hour % 12 || 12, 1);
    case '03':
      return digits(hour % 12 || 12, 2);
    case '4':
      return digits(wall.getUTCMinutes(), 1);
    case '04':
      return digits(wall.getUTCMinutes(), 2);
    case '5':
      return digits(wall.getUTCSeconds(), 1);
    case '05':
      return digits(wall.getUTCSeconds(), 2);
    case 'PM':
      return hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return hour >= 12 ? 'pm' : 'am';
    case 'MST':
      return moment.zone.nameAt(moment.seconds);
    default:
      return /^[.,]/.test(element) ? fraction(element, moment.nanoseconds) : offset(element, moment.zone.offsetAt(moment.seconds));
  }
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function dayOfYear(wall: Date): number {
  const start = Date.UTC(wall.getUTCFullYear(), 0, 1);
  return Math.floor((wall.getTime() - start) / 86_400_000) + 1;
}

/** `.000` has as many digits as it shows, `.999` leaves zeros at the end out, and the point too where nothing is left. */
function fraction(element: string, nanoseconds: number): string {
  const mark = element.slice(0, 1);
  const shown = digits(nanoseconds, 9)
    .slice(0, element.length - 1)
    .padEnd(Math.min(element.length - 1, 9), '0');
  if (element[1] === '0') return mark + shown;
  const kept = shown.replace(/0+$/, '');
  return kept === '' ? '' : mark + kept;
}

/** `Z07:00` and its like write `Z` for no offset; all others write digits. */
function offset(element: string, seconds: number): string {
  if (element.startsWith('Z') && seconds === 0) return 'Z';
  const minutes = Math.trunc(seconds / 60);
  const [sign, hours] = [minutes < 0 ? '-' : '+', digits(Math.floor(Math.abs(minutes) / 60), 2)];
  const parts = [hours];
  if (element.length > 3) parts.push(digits(Math.abs(minutes) % 60, 2));
  if (element.length > 6) parts.push(digits(Math.abs(seconds % 60), 2));
  return sign + parts.join(element.includes(':') ? ':' : '');
}
