import type { DueView, NewEvent } from '$lib/api';
import { label } from '$lib/codes/label';
import { m } from '$lib/paraglide/messages.js';

/** A new event in plain words. Everything that a report does not say is left out or named as not known. */

const HOUR = 3_600_000;
/** The hours for a first contact where no case says otherwise (design: the 72-hour clock). */
const FIRST_CONTACT_HOURS = 72;

const catalogue = m as unknown as Record<string, (() => string) | undefined>;

/** The clock of an event. One that has not joined the list has no case yet, and its clock runs all the same. */
export function clockOf({ person, event }: NewEvent): DueView {
  if (person.due?.what === 'first_contact') return person.due;
  const occurred = typeof event.values.occurred_at === 'number' ? event.values.occurred_at : event.at;
  return { what: 'first_contact', by: occurred + FIRST_CONTACT_HOURS * HOUR, day: null, not_heard_since: null };
}

/** Oldest first against the clock; where two are level, always in the same order. */
export function byClock(events: readonly NewEvent[]): NewEvent[] {
  return [...events].sort((a, b) => clockOf(a).by - clockOf(b).by || (a.event.record < b.event.record ? -1 : 1));
}

/** "34 years old", from the person or from the report. */
export function ageWords({ person, event }: NewEvent): string {
  const age = person.age ?? event.values.age_years;
  return typeof age === 'number' ? m.sup_age({ count: age }) : m.sup_age_unknown();
}

export interface ReachWords {
  text: string;
  /** Whether there is a way to reach the person at all. */
  some: boolean;
}

/** Whether phone and address can be used. That neither can is a fact, not an error; nothing if nobody said. */
export function reachWords({ values }: NewEvent['event']): ReachWords | null {
  const { phone_usable: phone, address_usable: address } = values;
  if (typeof phone !== 'boolean' && typeof address !== 'boolean') return null;
  if (phone && address) return { text: m.sup_reach_both(), some: true };
  if (phone) return { text: m.sup_reach_phone(), some: true };
  if (address) return { text: m.sup_reach_address(), some: true };
  return { text: m.sup_reach_none(), some: false };
}

/** "Naloxone given, 2 doses: the person improved". */
export function naloxoneWords({ values }: NewEvent['event']): string {
  if (values.naloxone_given === 'no') return m.sup_naloxone_no();
  if (values.naloxone_given !== 'yes') return m.sup_naloxone_unknown();
  const doses = values.naloxone_doses;
  const given = typeof doses === 'number' && doses > 0 ? m.sup_naloxone_doses({ count: doses }) : m.sup_naloxone_given();
  const response = catalogue[`sup_response_${values.naloxone_response}`]?.();
  return response ? `${given}: ${response}` : given;
}

/** "Taken to hospital: Pine General". */
export function transportWords({ values }: NewEvent['event']): string | null {
  if (!values.transport || values.transport === 'unknown') return null;
  const words = catalogue[`sup_transport_${values.transport}`]?.() ?? label('transport', values.transport);
  return values.destination ? `${words}: ${values.destination}` : words;
}

/** Why triage said what it said. A reason from a newer version is shown as it is. */
export function reasonWords({ values }: NewEvent['event']): string[] {
  const reasons: unknown[] = Array.isArray(values.triage_reasons) ? values.triage_reasons : [];
  return reasons.map((code) => catalogue[`sup_reason_${String(code).replaceAll('-', '_')}`]?.() ?? String(code).replaceAll(/[-_]/g, ' '));
}

/** Whether somebody must still say if two reports are of one person. */
export function asksForMatch({ possible_match, event }: NewEvent): boolean {
  return possible_match !== null && !event.values.match_decision;
}
