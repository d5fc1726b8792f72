import { m } from '$lib/paraglide/messages.js';
import { getLocale } from '$lib/paraglide/runtime.js';
import { dateAt, plusDays } from './zone';

/** Moments and dates in the worker's words, in the county's time zone. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function intl(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  // US counties write dates and hours the same way in both languages.
  const locale = getLocale() === 'es' ? 'es-US' : 'en-US';
  return new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
}

/** "2:05 PM". */
export function clockTime(moment: number, zone: string): string {
  return intl(zone, { hour: 'numeric', minute: '2-digit' }).format(moment);
}

/** "Today", "Tomorrow", "Yesterday", "Friday", "Fri, Nov 27", "Nov 27, 2025". */
export function dayWords(date: string, today: string): string {
  if (date === today) return m.day_today();
  if (date === plusDays(today, 1)) return m.day_tomorrow();
  if (date === plusDays(today, -1)) return m.day_yesterday();
  const noon = Date.parse(`${date}T12:00:00Z`);
  if (date > today && date <= plusDays(today, 6)) return capital(intl('UTC', { weekday: 'long' }).format(noon));
  if (date.slice(0, 4) === today.slice(0, 4)) return capital(intl('UTC', { weekday: 'short', month: 'short', day: 'numeric' }).format(noon));
  return intl('UTC', { year: 'numeric', month: 'short', day: 'numeric' }).format(noon);
}

/** The same within a sentence: "today", "Friday"; in Spanish all small. */
export function dayWithin(date: string, today: string): string {
  const words = dayWords(date, today);
  const isNear = date >= plusDays(today, -1) && date <= plusDays(today, 1);
  return isNear || getLocale() === 'es' ? words.charAt(0).toLocaleLowerCase() + words.slice(1) : words;
}

/** "today, 2:05 PM": after other words. */
export function momentWithin(moment: number, now: number, zone: string): string {
  return m.day_at_time({ day: dayWithin(dateAt(moment, zone), dateAt(now, zone)), time: clockTime(moment, zone) });
}

/** "Today, 2:05 PM". */
export function momentWords(moment: number, now: number, zone: string): string {
  return m.day_at_time({ day: dayWords(dateAt(moment, zone), dateAt(now, zone)), time: clockTime(moment, zone) });
}

/** "Sunday, November 22". */
export function longDay(date: string): string {
  return capital(intl('UTC', { weekday: 'long', month: 'long', day: 'numeric' }).format(Date.parse(`${date}T12:00:00Z`)));
}

/** "Fri, Nov 27, 2026": a date that was typed, so that a slip shows. */
export function fullDay(date: string): string {
  const noon = Date.parse(`${date}T12:00:00Z`);
  // A year of five digits can be typed, and is nobody's.
  return Number.isNaN(noon) ? date : capital(intl('UTC', { weekday: 'short', year: 'numeric', month: 'short', day: 'numeric' }).format(noon));
}

/** "Month / day / year": what a date field of the system asks for, in its order and the worker's language. */
export function dateOrder(system?: string): string {
  const names: Record<string, () => string> = { day: m.date_day, month: m.date_month, year: m.date_year };
  const parts = new Intl.DateTimeFormat(system, { day: 'numeric', month: 'numeric', year: 'numeric' }).formatToParts();
  return capital(parts.flatMap(({ type }) => names[type]?.() ?? []).join(' / '));
}

/** "just now", "5 min ago", "3 h ago", "2 days ago". */
export function ago(moment: number, now: number): string {
  const past = Math.max(0, now - moment);
  if (past < MINUTE) return m.ago_now();
  if (past < HOUR) return m.ago_minutes({ count: Math.floor(past / MINUTE) });
  if (past < DAY) return m.ago_hours({ count: Math.floor(past / HOUR) });
  return m.ago_days({ count: Math.floor(past / DAY) });
}

/** A length of time: "40 min", "18 h", "3 days". */
export function lengthWords(milliseconds: number): string {
  if (milliseconds < HOUR) return m.length_minutes({ count: Math.max(1, Math.floor(milliseconds / MINUTE)) });
  if (milliseconds < 4 * DAY) return m.length_hours({ count: Math.floor(milliseconds / HOUR) });
  return m.length_days({ count: Math.floor(milliseconds / DAY) });
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
