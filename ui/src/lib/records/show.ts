import { label } from '$lib/codes/label';
import { languageWords } from '$lib/people/language';
import { m } from '$lib/paraglide/messages.js';
import { dayWords, momentWords } from '$lib/time/words';
import { dateAt } from '$lib/time/zone';
import { specOf } from './specs';

const catalogue = m as unknown as Record<string, (() => string) | undefined>;

/** The words for a field; one from a newer version is shown as it is, with spaces. */
export function fieldLabel(kind: string, field: string): string {
  return catalogue[`field_${kind}_${field}`]?.() ?? field.replaceAll('_', ' ');
}

/** A value as one reads it. */
export function valueWords(kind: string, field: string, value: unknown, now: number, zone: string): string {
  if (value === null || value === undefined || value === '') return m.value_none();
  const spec = specOf(kind, field);
  if (typeof value === 'boolean') return label('yesno', value ? 'yes' : 'no');
  if (Array.isArray(value)) return value.map((one) => (spec?.list ? label(spec.list, String(one)) : String(one))).join(', ');
  if (spec?.type === 'code' && spec.list) return label(spec.list, String(value));
  if (spec?.type === 'moment' && typeof value === 'number') return momentWords(value, now, zone);
  if (spec?.type === 'day' || spec?.type === 'date') return dayWords(String(value), dateAt(now, zone));
  if (spec?.type === 'ref') return m.value_record();
  if (kind === 'person' && field === 'language') return languageWords(String(value));
  if (kind === 'overdose_event' && field === 'agency') return m.agency_number({ number: String(value) });
  return String(value);
}

/** A place on one line. */
export function placeLine(values: Record<string, unknown>): string {
  const first = [values.label, values.street, values.unit].filter(Boolean).join(' · ');
  const line = [first, values.city].filter(Boolean).join(', ');
  return line || String(values.directions ?? '') || label('place', String(values.kind ?? 'other'));
}

/** Who and when; what came from a report has nobody's name. */
export function saidBy(author: string, when: string): string {
  return author ? m.by_at({ author, when }) : when.charAt(0).toLocaleUpperCase() + when.slice(1);
}
