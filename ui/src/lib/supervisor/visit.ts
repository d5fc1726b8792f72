import type { PersonView, RecordView, VisitToReview } from '$lib/api';
import { label } from '$lib/codes/label';
import { m } from '$lib/paraglide/messages.js';
import { placeLine } from '$lib/records/show';
import { summary } from '$lib/records/summary';
import { momentWords } from '$lib/time/words';

/** A visit as somebody reads it who was not there. */

/** The visits, oldest first. */
export function byTime(visits: readonly VisitToReview[]): VisitToReview[] {
  return [...visits].sort((a, b) => a.item.at - b.item.at || (a.visit < b.visit ? -1 : 1));
}

/** The records of one kind that were made with the visit. */
export function ofKind({ item }: VisitToReview, kind: string): RecordView[] {
  return item.with.filter((record) => record.kind === kind);
}

/** The attempt, where it says more than when and where, and the visit itself. */
export function told(visit: VisitToReview): RecordView[] {
  const { record } = visit.item;
  const more = record.values.note || record.amendments.length > 0 || Object.keys(record.conflicts).length > 0 || record.voided !== null;
  return more ? [record, ...ofKind(visit, 'visit')] : ofKind(visit, 'visit');
}

export interface Group {
  title: string;
  records: RecordView[];
}

/** What was recorded beside the visit and its notes, by kind. A kind that this version does not know comes last. */
export function groups({ item }: VisitToReview): Group[] {
  const titles: Record<string, string> = {
    supply_handout: m.sup_review_supplies(),
    referral: m.sup_review_referrals(),
    step_forward: m.sup_review_steps(),
    follow_up: m.sup_review_follow_ups(),
  };
  const own = ['visit', 'peer_note', 'review_mark', ...Object.keys(titles)];
  const rest = { title: m.sup_review_other(), records: item.with.filter(({ kind }) => !own.includes(kind)) };
  const known = Object.entries(titles).map(([kind, title]) => ({ title, records: item.with.filter((record) => record.kind === kind) }));
  return [...known, rest].filter(({ records }) => records.length > 0);
}

/** The line that says a record. What somebody said stands in quotation marks. */
export function titleOf(record: RecordView, now: number, zone: string): string {
  const words = summary(record, now, zone);
  return record.kind === 'step_forward' ? m.sup_quote({ text: words }) : words;
}

/** Under a referral: where it stands. */
export function moreOf({ kind, values }: RecordView): string | undefined {
  if (kind !== 'referral') return undefined;
  const parts = [label('status', String(values.status))];
  if (values.outcome) parts.push(label('result', values.outcome));
  if (values.why_not) parts.push(label('whynot', values.why_not));
  return parts.join(' · ');
}

/** "Maria Ortiz · Today, 10:40 AM · At the door · 14 Grove St". The attempt only points to its place or number. */
export function whenAndWhere({ item }: VisitToReview, person: PersonView | undefined, now: number, zone: string): string {
  const { author, values } = item.record;
  const place = person?.places.find(({ record }) => record === values.place);
  const phone = person?.phones.find(({ record }) => record === values.phone);
  const where = place ? placeLine(place.values) : phone?.values.number;
  return [author, momentWords(item.at, now, zone), label('mode', String(values.mode)), where].filter(Boolean).join(' · ');
}

/** Of everything saved together the weakest state counts. */
export function stateOf({ item }: VisitToReview): string {
  const all = [item.record, ...item.with];
  return ['look', 'device'].find((state) => all.some((record) => record.state === state)) ?? 'county';
}
