import type { VisitRequest } from '$lib/api';
import { toFields, type FormState } from '$lib/records/form';
import { specs } from '$lib/records/specs';

/** A supply being handed out, as typed. */
export type Supply = FormState;
/** A referral being made, as typed. */
export type Referral = FormState;

/** Everything on the visit screen; plain data, since it is what the draft keeps. */
export interface VisitForm {
  /** A known place's record, `new` for one being added, or nothing. */
  place: string | null;
  newPlace: FormState;
  mode: string | null;
  happened_at: number | null;
  present: string[];
  topics: string[];
  needs: string[];
  engagement: string | null;
  supplies: Supply[];
  notes: string;
  next_step: string;
  referrals: Referral[];
  step: string;
  stepArea: string | null;
  followUp: { due_on: string | null; kind: string | null; note: string };
  fulfils: string[];
}

export function emptyVisit(): VisitForm {
  return {
    place: null, newPlace: { kind: null, label: '', street: '', city: '', directions: '' }, mode: null, happened_at: null, present: ['person'], topics: [], needs: [], engagement: null,
    supplies: [], notes: '', next_step: '', referrals: [], step: '', stepArea: null, followUp: { due_on: null, kind: 'visit', note: '' }, fulfils: [],
  };
}

const NEW_PLACE = ['kind', 'label', 'street', 'city', 'directions'];
export const newPlaceSpecs = (specs.place ?? []).filter(({ name }) => NEW_PLACE.includes(name));

/** Whether anything was said about a new place beyond its kind. */
export function isPlaceNamed(form: VisitForm): boolean {
  return ['label', 'street', 'city', 'directions'].some((field) => String(form.newPlace[field] ?? '').trim() !== '');
}

/** The request for a form. `now` is the corrected time. */
export function toRequest(person: string, form: VisitForm, now: number, draft: string): VisitRequest {
  const happened_at = form.happened_at ?? now;
  const attempt: Record<string, unknown> = { outcome: 'reached-survivor', happened_at };
  if (form.mode) attempt.mode = form.mode;
  if (form.place && form.place !== 'new') attempt.place = form.place;

  const visit: Record<string, unknown> = { happened_at };
  if (form.present.length > 0) visit.present = form.present;
  if (form.topics.length > 0) visit.topics = form.topics;
  if (form.needs.length > 0) visit.needs = form.needs;
  if (form.engagement) visit.engagement = form.engagement;
  if (form.next_step.trim()) visit.next_step = form.next_step.trim();
  if (form.notes.trim()) visit.notes = form.notes;

  const request: VisitRequest = {
    person, attempt, visit, draft,
    supplies: form.supplies.map((supply) => ({ ...toFields(specs.supply_handout ?? [], supply), happened_at })),
    referrals: form.referrals.filter((referral) => referral.category !== null).map((referral) => ({ status: 'requested', ...toFields(specs.referral ?? [], referral), offered_at: happened_at })),
    steps: form.step.trim() ? [{ text: form.step.trim(), ...(form.stepArea ? { area: form.stepArea } : {}), happened_at }] : [],
    follow_ups: form.followUp.due_on ? [{ kind: form.followUp.kind ?? 'visit', due_on: form.followUp.due_on, ...(form.followUp.note.trim() ? { note: form.followUp.note.trim() } : {}) }] : [],
    fulfils: form.fulfils,
  };
  if (form.place === 'new') request.place = { ...toFields(newPlaceSpecs, form.newPlace), kind: form.newPlace.kind ?? 'other', last_seen: happened_at };
  return request;
}
