import { afterEach, describe, expect, it } from 'vitest';
import { setLocale, type Locale } from '$lib/paraglide/runtime.js';
import { dayChips } from './chips';
import { dueWords } from './due';
import { ago, clockTime, dateOrder, dayWords, fullDay, momentWithin } from './words';
import { dateAt, fromLocalInput, localInput, nextWeekday, plusDays } from './zone';

const EAST = 'America/New_York';
const WEST = 'America/Los_Angeles';
const HOUR = 3_600_000;
const speak = (locale: Locale) => setLocale(locale, { reload: false });
const plain = (text: string) => text.replaceAll('\u202f', ' ').replaceAll('\u00a0', ' ');

afterEach(() => speak('en'));

describe('dates are the county’s', () => {
  it.each([
    ['2026-11-22T04:30:00Z', EAST, '2026-11-21'],
    ['2026-11-22T05:30:00Z', EAST, '2026-11-22'],
    ['2026-11-22T05:30:00Z', WEST, '2026-11-21'],
    ['2026-07-01T04:30:00Z', EAST, '2026-07-01'],
  ])('%s in %s is %s', (moment, zone, date) => {
    expect(dateAt(Date.parse(moment), zone)).toBe(date);
  });

  it('counts days by the calendar, across a change of clocks too', () => {
    expect(plusDays('2026-10-31', 1)).toBe('2026-11-01');
    expect(plusDays('2026-11-01', 1)).toBe('2026-11-02');
    expect(nextWeekday('2026-11-22', 5)).toBe('2026-11-27');
    expect(nextWeekday('2026-11-27', 5)).toBe('2026-12-04');
  });

  it('reads a time that was typed as the county’s', () => {
    const moment = Date.parse('2026-11-22T18:05:00Z');
    expect(localInput(moment, EAST)).toBe('2026-11-22T13:05');
    expect(fromLocalInput('2026-11-22T13:05', EAST)).toBe(moment);
    expect(fromLocalInput('', EAST)).toBeNull();
  });
});

describe('quick days for a follow-up', () => {
  it.each([
    ['a Sunday', '2026-11-22T15:00:00Z', ['2026-11-23', '2026-11-27', '2026-11-29']],
    ['a Thursday', '2026-11-26T15:00:00Z', ['2026-11-27', '2026-12-03']],
    ['a Friday', '2026-11-27T15:00:00Z', ['2026-11-28', '2026-12-04']],
    ['late on Saturday, when it is Sunday in London', '2026-11-22T03:00:00Z', ['2026-11-22', '2026-11-27', '2026-11-28']],
  ])('on %s', (_, now, days) => {
    expect(dayChips(Date.parse(now), EAST).map((chip) => chip.value)).toEqual(days);
  });
});

describe('the due clock', () => {
  const now = Date.parse('2026-11-22T15:00:00Z');
  const first = (by: number) => dueWords({ what: 'first_contact', by, day: null, not_heard_since: null }, now, EAST);

  it.each([
    [now + 18 * HOUR + 1, '18 h left', 'soon'],
    [now + 25 * HOUR, '25 h left', 'calm'],
    [now + 71 * HOUR, '71 h left', 'calm'],
    [now + 40 * 60_000, '40 min left', 'soon'],
    [now - 5 * HOUR, 'Overdue by 5 h', 'late'],
    [now - 97 * HOUR, 'Overdue by 4 days', 'late'],
  ])('by %i: %s', (by, text, tone) => {
    expect(first(by)).toMatchObject({ text, tone });
  });

  it.each([
    ['2026-11-22', 'Follow-up: today', 'soon'],
    ['2026-11-23', 'Follow-up: tomorrow', 'calm'],
    ['2026-11-27', 'Follow-up: Friday', 'calm'],
    ['2026-11-21', 'Follow-up: yesterday', 'late'],
  ])('a follow-up on %s: %s', (day, text, tone) => {
    // Due at the end of its day in the county.
    const by = Date.parse(`${day}T05:00:00Z`) + 24 * HOUR;
    expect(dueWords({ what: 'follow_up', by, day, not_heard_since: null }, now, EAST)).toMatchObject({ text, tone });
  });

  it('is not overdue while a device that may hold the visit has not been heard', () => {
    const silent = { not_heard_since: now - 9 * HOUR };
    const contact = { what: 'first_contact', day: null, ...silent };
    expect(dueWords({ ...contact, by: now - 5 * HOUR }, now, EAST)).toEqual({ text: 'Due 5 h ago · not yet heard', tone: 'device', overdue: false });
    expect(dueWords({ ...contact, by: now + 5 * HOUR }, now, EAST).text).toBe('5 h left');
    const follow = { what: 'follow_up', by: now - 10 * HOUR, day: '2026-11-21', ...silent };
    expect(dueWords(follow, now, EAST)).toMatchObject({ text: 'Follow-up: yesterday · not yet heard', tone: 'device' });
  });

  it('speaks Spanish', () => {
    void speak('es');
    expect(first(now + 18 * HOUR).text).toBe('Quedan 18 h');
    expect(dueWords({ what: 'follow_up', by: now + 120 * HOUR, day: '2026-11-27', not_heard_since: null }, now, EAST).text).toBe('Seguimiento: viernes');
  });
});

describe('words for moments', () => {
  const now = Date.parse('2026-11-22T18:05:00Z');

  it('names days near by', () => {
    expect(dayWords('2026-11-22', '2026-11-22')).toBe('Today');
    expect(dayWords('2026-11-28', '2026-11-22')).toBe('Saturday');
    expect(dayWords('2026-11-29', '2026-11-22')).toBe('Sun, Nov 29');
    expect(dayWords('2025-11-29', '2026-11-22')).toBe('Nov 29, 2025');
  });

  it('says in full what was typed, and what is to be typed in the order of the system', () => {
    expect(fullDay('2026-11-27')).toBe('Fri, Nov 27, 2026');
    expect(fullDay('12026-11-27')).toBe('12026-11-27');
    expect(dateOrder('en-US')).toBe('Month / day / year');
    expect(dateOrder('de-DE')).toBe('Day / month / year');
    void speak('es');
    expect(fullDay('2026-11-27')).toBe('Vie, 27 de nov de 2026');
    expect(dateOrder('en-US')).toBe('Mes / día / año');
  });

  it('tells the county’s time', () => {
    expect(plain(clockTime(now, EAST))).toBe('1:05 PM');
    expect(plain(momentWithin(now - 24 * HOUR, now, EAST))).toBe('yesterday, 1:05 PM');
  });

  it.each([
    [20_000, 'just now'],
    [2 * 60_000, '2 min ago'],
    [3 * HOUR, '3 h ago'],
    [26 * HOUR, '1 day ago'],
    [-5000, 'just now'],
  ])('%i ms ago: %s', (past, words) => {
    expect(ago(now - past, now)).toBe(words);
  });
});
