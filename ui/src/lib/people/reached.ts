import type { PersonRow } from '$lib/api';
import { m } from '$lib/paraglide/messages.js';
import { momentWithin } from '$lib/time/words';

/** When somebody was reached, and how often they were looked for since. Nothing where nobody has gone yet. */
export function reachedWords({ last_reached, last_attempt, attempts }: PersonRow, now: number, zone: string): string | null {
  const within = (moment: number) => momentWithin(moment, now, zone);
  if (last_reached !== null) return attempts > 0 ? m.row_reached_tried({ count: attempts, when: within(last_reached) }) : m.row_reached({ when: within(last_reached) });
  return attempts > 0 && last_attempt !== null ? m.row_tried({ count: attempts, when: within(last_attempt) }) : null;
}
