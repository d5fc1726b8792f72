import { m } from '$lib/paraglide/messages.js';
import { dateAt, nextWeekday, plusDays } from './zone';

/** Quick days for a follow-up, as dates of the county. */
export function dayChips(now: number, zone: string): { value: string; label: string }[] {
  const today = dateAt(now, zone);
  const tomorrow = plusDays(today, 1);
  const friday = nextWeekday(today, 5);
  const week = plusDays(today, 7);
  const chips = [{ value: tomorrow, label: m.day_tomorrow() }];
  // On a Thursday Friday is tomorrow, and on a Friday it is a week from now.
  if (friday !== tomorrow && friday !== week) chips.push({ value: friday, label: m.chip_friday() });
  chips.push({ value: week, label: m.chip_week() });
  return chips;
}
