import type { DueView } from '$lib/api';
import type { Tone } from '$lib/kit/tone';
import { m } from '$lib/paraglide/messages.js';
import { dayWithin, lengthWords } from './words';
import { dateAt } from './zone';

/** Below this, a first contact is soon. */
const SOON = 24 * 3_600_000;

export interface DueWords {
  text: string;
  tone: Tone;
  overdue: boolean;
}

/** Past due, while a device that may hold that it was done has not been heard: that is not "overdue". */
function notHeard(due: DueView, now: number, zone: string): DueWords {
  const day = due.what === 'follow_up' ? due.day : null;
  const text = day === null ? m.due_not_heard({ length: lengthWords(now - due.by) }) : m.due_follow_up_not_heard({ day: dayWithin(day, dateAt(now, zone)) });
  return { text, tone: 'device', overdue: false };
}

/** A due item against the clock: "18 h left", "Overdue by 5 h", "Follow-up Friday". */
export function dueWords(due: DueView, now: number, zone: string): DueWords {
  const overdue = due.by < now;
  if (overdue && due.not_heard_since !== null) return notHeard(due, now, zone);
  if (due.what === 'follow_up' && due.day !== null) {
    const today = dateAt(now, zone);
    const text = m.due_follow_up({ day: dayWithin(due.day, today) });
    if (due.day < today) return { text, tone: 'late', overdue: true };
    return { text, tone: due.day === today ? 'soon' : 'calm', overdue: false };
  }
  const length = lengthWords(Math.abs(due.by - now));
  if (overdue) return { text: m.due_overdue({ length }), tone: 'late', overdue };
  return { text: m.due_left({ length }), tone: due.by - now < SOON ? 'soon' : 'calm', overdue };
}
