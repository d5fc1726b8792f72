import type { DeviceView, NewEvent, NewEventsView, RecordView, StaffView, VisitToReview, WorkerLoad } from '$lib/api';

/** Synthetic people and events for the tests of this folder. */

export const HOUR = 3_600_000;
/** Sunday, 22 November 2026, 10:20 in New York. */
export const NOW = Date.parse('2026-11-22T15:20:00Z');
export const ZONE = 'America/New_York';

export function aWorker(user: string, name: string, role: string, active = true): StaffView {
  return { user, name, role, team: 't', active };
}

export function aView(): NewEventsView {
  const workers = [
    aWorker('ruth', 'Ruth Kane', 'supervisor'),
    aWorker('dev', 'Dev Patel', 'ems'),
    aWorker('maria', 'Maria Ortiz', 'peer_support'),
    aWorker('gone', 'Ann Vale', 'ems', false),
    aWorker('omar', 'Omar Haddad', 'clinician'),
    aWorker('lena', 'Lena Whitfield', 'peer_support'),
  ];
  return { events: [], workers, usual_partner: { maria: 'dev', lena: 'gone', ruth: 'ruth' } };
}

export function aRecord(record: string, kind: string, values: RecordView['values'], more: Partial<RecordView> = {}): RecordView {
  return { record, kind, values, seen: {}, conflicts: {}, state: 'county', at: NOW, author: 'Maria Ortiz', mine: false, amendments: [], voided: null, ...more };
}

export function anEvent(more: Partial<NewEvent> = {}, values: RecordView['values'] = {}): NewEvent {
  return {
    person: {
      person: 'p1', name: 'Rosa Delgado', age: 34, stage: 'referred', due: { what: 'first_contact', by: NOW + HOUR, day: null, not_heard_since: null },
      place: null, place_id: null, phone: null, phone_id: null, last_reached: null, last_attempt: null, attempts: 0, lead: null,
      safety: false, conflicts: 0, unsent: 0, arriving: false,
    },
    event: aRecord('e1', 'overdose_event', { occurred_at: NOW - 71 * HOUR, source: 'ems', ...values }),
    case: 'c1',
    needs_look: false,
    possible_match: null,
    possible_match_name: null,
    ...more,
  };
}

export function aDevice(more: Partial<DeviceView> = {}): DeviceView {
  return { name: "Maria's phone", last_contact: NOW - HOUR, unsent: 0, app: '0.1.0', clock_offset: 0, ...more };
}

export function aLoad(devices: DeviceView[], more: Partial<WorkerLoad> = {}): WorkerLoad {
  return { worker: aWorker('maria', 'Maria Ortiz', 'peer_support'), people: 12, overdue: 0, not_heard: 0, devices, ...more };
}

export function aVisit(visit: string, at: number, records: RecordView[] = [], attempt: Partial<RecordView> = {}): VisitToReview {
  const record = aRecord(`a-${visit}`, 'contact_attempt', { mode: 'home-visit', outcome: 'reached-survivor', place: 'pl1' }, { at, ...attempt });
  return { person: 'p1', person_name: 'Kayla Simmons', visit, item: { at, record, with: [aRecord(visit, 'visit', {}), ...records], reviewed_by: null } };
}
