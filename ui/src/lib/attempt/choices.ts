import type { AttemptRequest } from '$lib/api';

/** What came of an attempt, by the way it was made; the frequent first. */
const AT_A_PLACE = ['no-answer', 'reached-family-or-network', 'reached-asked-to-return', 'left-material', 'refused-contact', 'address-invalid', 'moved', 'unsafe-aborted', 'hospitalised', 'incarcerated', 'deceased', 'other'];
const BY_PHONE = ['no-answer', 'message-left', 'wrong-or-disconnected-number', 'reached-family-or-network', 'reached-asked-to-return', 'refused-contact', 'hospitalised', 'incarcerated', 'deceased', 'other'];
const CALLS = ['phone', 'text', 'video'];

export function outcomesFor(mode: string | null): readonly string[] {
  return mode !== null && CALLS.includes(mode) ? BY_PHONE : AT_A_PLACE;
}

/** Where somebody was looked for: a known place, a known number, or neither. */
export interface Target {
  place?: string;
  phone?: string;
  mode?: string;
}

/** The fields of an attempt; what is not said is left to `app`. */
export function attemptFields(target: Target, outcome: string, more: { happened_at?: number | null; note?: string } = {}): AttemptRequest['attempt'] {
  const fields: Record<string, unknown> = { ...target, outcome };
  if (more.happened_at != null) fields.happened_at = more.happened_at;
  if (more.note?.trim()) fields.note = more.note.trim();
  return fields;
}
