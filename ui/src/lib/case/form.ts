import type { Base } from '$lib/records/form';

/** What can be done with a case: name another stage, keep in mind for later, close. */
export const acts = ['stage', 'later', 'close'] as const;
export type Act = (typeof acts)[number];

/** What is typed about a case, with the case as it was when that was begun. */
export interface CaseForm {
  stage: string | null;
  closing_reason: string | null;
  may_contact_again: string | null;
  contact_again_on: string | null;
  before: Base;
}

/** An amendment: the new values, and what the screen had seen of those fields. */
export interface Amendment {
  fields: Record<string, unknown>;
  seen: Record<string, string[]>;
}

/** Stages after which there may be a day to ask again. */
const PAUSED: readonly (string | null)[] = ['declined', 're-contact-later'];

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** Whether a case is closed: the same rule as the due list's. */
export function isClosed(values: Record<string, unknown>): boolean {
  return values.stage === 'closed' || typeof values.closed_at === 'number';
}

/** Whether there is a day to ask for. */
export function asksWhen(act: Act, form: CaseForm): boolean {
  if (act === 'close') return form.closing_reason !== 'deceased' && form.may_contact_again !== 'no';
  return PAUSED.includes(form.stage);
}

export function begin(act: Act, { values, seen }: Base): CaseForm {
  const stage = act === 'later' ? 're-contact-later' : text(values.stage);
  return { stage, closing_reason: text(values.closing_reason), may_contact_again: text(values.may_contact_again), contact_again_on: text(values.contact_again_on), before: { values, seen } };
}

/** What saving the form changes; no field where nothing did. A day nobody asks for any more is cleared. */
export function amendment(act: Act, form: CaseForm, now: number): Amendment {
  const on = asksWhen(act, form) ? form.contact_again_on : null;
  if (act !== 'close') return changed(form.before, { stage: form.stage, contact_again_on: on });
  const again = form.closing_reason === 'deceased' ? 'no' : form.may_contact_again;
  return changed(form.before, { stage: 'closed', closing_reason: form.closing_reason, closed_at: now, may_contact_again: again, contact_again_on: on });
}

/** Opens a closed case again; the day to ask again has come. */
export function reopening(before: Base): Amendment {
  return changed(before, { stage: 'reached', closed_at: null, closing_reason: null, contact_again_on: null });
}

/** Of some values those that differ from what was there, with what the screen had seen of them. */
function changed(before: Base, wanted: Record<string, unknown>): Amendment {
  const fields = Object.entries(wanted).filter(([field, value]) => value !== (before.values[field] ?? null));
  const seen = fields.flatMap(([field]) => (before.seen[field] ? [[field, before.seen[field]]] : []));
  return { fields: Object.fromEntries(fields), seen: Object.fromEntries(seen) };
}
