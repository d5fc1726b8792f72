import { tz } from '@date-fns/tz';
import { addDays, format, nextDay, parseISO, type Day } from 'date-fns';

/** Dates are the county's, wherever the device thinks it is. A date is `YYYY-MM-DD`. */

const DATE = 'yyyy-MM-dd';

/** The county's date at a moment. */
export function dateAt(moment: number, zone: string): string {
  return format(moment, DATE, { in: tz(zone) });
}

/** So many days later. Pure calendar: no zone in it. */
export function plusDays(date: string, days: number): string {
  return format(addDays(parseISO(date), days), DATE);
}

/** The next such weekday after a date; a week later if it is that day. */
export function nextWeekday(date: string, day: Day): string {
  return format(nextDay(parseISO(date), day), DATE);
}

/** `YYYY-MM-DDTHH:mm` in the county, for an input of type `datetime-local`. */
export function localInput(moment: number, zone: string): string {
  return format(moment, "yyyy-MM-dd'T'HH:mm", { in: tz(zone) });
}

/** The moment that such an input means in the county. */
export function fromLocalInput(text: string, zone: string): number | null {
  const moment = parseISO(text, { in: tz(zone) }).getTime();
  return Number.isNaN(moment) ? null : moment;
}
