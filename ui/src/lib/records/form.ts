import type { RecordView } from '$lib/api';
import type { FieldSpec } from './specs';

/** What a correction starts from. */
export type Base = Pick<RecordView, 'values' | 'seen'>;

/** What is being typed: texts and numbers as text, so that half a number is kept too. */
export type FormState = Record<string, string | string[] | boolean | number | null>;

/** The form for some values. */
export function toForm(specs: readonly FieldSpec[], values: Record<string, unknown>): FormState {
  return Object.fromEntries(specs.map((spec) => [spec.name, initial(spec, values[spec.name])]));
}

function initial({ type }: FieldSpec, value: unknown): FormState[string] {
  if (type === 'codes') return Array.isArray(value) ? value.map(String) : [];
  if (type === 'flag') return value === undefined ? null : value === true;
  if (type === 'moment') return typeof value === 'number' ? value : null;
  if (type === 'code' || type === 'day' || type === 'ref') return typeof value === 'string' ? value : null;
  return value === undefined || value === null ? '' : String(value);
}

/** One field as `app` takes it; none: nothing is said. */
function toValue({ type }: FieldSpec, typed: FormState[string]): unknown {
  if (typed === null || typed === undefined) return undefined;
  if (type === 'codes') return (typed as string[]).length > 0 ? typed : undefined;
  if (typeof typed !== 'string') return typed;
  const text = typed.trim();
  if (text === '') return undefined;
  // What is no number goes as it is, and is refused with words at its field.
  if (type === 'whole') return /^\d+$/.test(text) ? Number(text) : text;
  return text;
}

/** The fields of a new record. */
export function toFields(specs: readonly FieldSpec[], form: FormState): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const spec of specs) {
    const value = toValue(spec, form[spec.name] ?? null);
    if (value !== undefined) fields[spec.name] = value;
  }
  return fields;
}

/** What a correction changes, with what was on the screen when it was made. `null` clears a field. */
export function toAmendment(specs: readonly FieldSpec[], form: FormState, record: Base): { fields: Record<string, unknown>; seen: Record<string, string[]> } {
  const fields: Record<string, unknown> = {};
  const seen: Record<string, string[]> = {};
  const before = toForm(specs, record.values);
  for (const spec of specs) {
    const next = form[spec.name] ?? null;
    if (JSON.stringify(next) === JSON.stringify(before[spec.name])) continue;
    fields[spec.name] = toValue(spec, next) ?? null;
    const claims = record.seen[spec.name];
    if (claims) seen[spec.name] = claims;
  }
  return { fields, seen };
}

/** Codes of what is missing, by field, before anything is sent. */
export function missing(specs: readonly FieldSpec[], form: FormState): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const spec of specs) {
    if (spec.required && toValue(spec, form[spec.name] ?? null) === undefined) faults[spec.name] = 'required';
    if (spec.type === 'tel' && String(form[spec.name] ?? '').trim() !== '' && String(form[spec.name]).replace(/\D/g, '').length < 7) faults[spec.name] = 'bad_phone';
  }
  return faults;
}
