import * as T from '$lib/api/types';
import type { List } from '$lib/codes/label';

/** How a field is typed and shown. A `code` names its list; a `ref` names another record. */
export type FieldType = 'line' | 'long' | 'tel' | 'code' | 'codes' | 'flag' | 'whole' | 'date' | 'day' | 'moment' | 'ref';

export interface FieldSpec {
  name: string;
  type: FieldType;
  list?: List;
  codes?: readonly string[];
  max?: number;
  required?: boolean;
  /** Shown and amended, but not asked for: the app fills it. */
  quiet?: boolean;
}

const line = (name: string, max: number, more: Partial<FieldSpec> = {}): FieldSpec => ({ name, type: 'line', max, ...more });
const long = (name: string, max: number, more: Partial<FieldSpec> = {}): FieldSpec => ({ name, type: 'long', max, ...more });
const code = (name: string, list: List, codes: readonly string[], more: Partial<FieldSpec> = {}): FieldSpec => ({ name, type: 'code', list, codes, ...more });
const codes = (name: string, list: List, all: readonly string[]): FieldSpec => ({ name, type: 'codes', list, codes: all });
const yesNo = (name: string): FieldSpec => code(name, 'yesno', T.yesNoUnknown);
const of = (type: FieldType, name: string, more: Partial<FieldSpec> = {}): FieldSpec => ({ name, type, ...more });
const REQUIRED = { required: true };
const QUIET = { quiet: true };

/** The fields of each kind that a screen shows or asks for, in the order of asking. */
export const specs: Record<string, readonly FieldSpec[]> = {
  person: [
    line('first_name', 120), line('last_name', 120), line('alias', 120), line('pronouns', 120), of('date', 'birth_date'),
    of('whole', 'age_years', { max: 125 }), line('language', 35), yesNo('unhoused'),
    code('preferred_contact', 'contact', T.preferredContacts), line('best_time', 200), yesNo('message_ok'),
    yesNo('mention_team_ok'), yesNo('leave_material_ok'), long('contact_note', 2000), of('flag', 'died', QUIET), of('date', 'age_noted_on', QUIET), code('sex', 'sex', T.sexes, QUIET),
  ],
  alias: [line('name', 120, REQUIRED)],
  place: [
    code('kind', 'place', T.placeKinds, REQUIRED), line('label', 200), line('street', 200), line('unit', 120), line('city', 120), line('state', 40, QUIET),
    line('zip', 12), long('directions', 2000), of('moment', 'last_seen', QUIET), of('flag', 'usable'), yesNo('safe_to_visit'),
  ],
  phone: [
    of('tel', 'number', { max: 40, ...REQUIRED }), code('kind', 'phone', T.phoneKinds), line('belongs_to', 120), yesNo('message_ok'),
    yesNo('text_ok'), of('flag', 'usable'), of('moment', 'last_seen', QUIET),
  ],
  overdose_event: [
    of('moment', 'occurred_at', REQUIRED), code('source', 'source', T.eventSources, REQUIRED), of('ref', 'place', QUIET), line('agency', 200, QUIET), line('agency_name', 200, QUIET), line('incident_number', 200, QUIET),
    yesNo('naloxone_given'), of('whole', 'naloxone_doses', { max: 50 }), code('naloxone_response', 'response', T.naloxoneResponses),
    code('transport', 'transport', T.transports), line('destination', 200), code('triage', 'triage', T.triages, QUIET), code('triage_decision', 'decision', T.triageDecisions, QUIET),
  ],
  case: [code('stage', 'stage', T.caseStages, REQUIRED), code('engagement', 'engagement', T.engagementLevels), code('closing_reason', 'closing', T.closingReasons), yesNo('may_contact_again'), of('date', 'contact_again_on'), of('moment', 'opened_at', QUIET), of('moment', 'closed_at', QUIET), of('whole', 'first_contact_hours', QUIET)],
  assignment: [of('ref', 'lead', QUIET), of('ref', 'partner', QUIET), of('moment', 'assigned_at', QUIET)],
  contact_attempt: [
    of('moment', 'happened_at', REQUIRED), code('mode', 'mode', T.attemptModes, REQUIRED), code('outcome', 'outcome', T.attemptOutcomes, REQUIRED),
    of('ref', 'place', QUIET), of('ref', 'phone', QUIET), long('note', 2000),
  ],
  visit: [
    of('moment', 'happened_at', REQUIRED), codes('present', 'present', T.presents), codes('topics', 'topic', T.visitTopics), codes('needs', 'need', T.needs),
    code('engagement', 'engagement', T.engagementLevels), of('whole', 'minutes', { max: 1440 }), long('next_step', 2000), long('notes', 20000),
  ],
  peer_note: [long('text', 20000, REQUIRED)],
  referral: [
    code('category', 'referral', T.referralCategories, REQUIRED), line('service', 200), code('handoff', 'handoff', T.handoffs),
    code('status', 'status', T.referralStatuses, { ...REQUIRED, ...QUIET }), code('outcome', 'result', T.referralOutcomes, QUIET), code('why_not', 'whynot', T.whyNots, QUIET),
    of('moment', 'offered_at', QUIET), of('moment', 'outcome_at', QUIET), long('note', 2000),
  ],
  supply_handout: [
    code('item', 'supply', T.supplyItems, REQUIRED), of('whole', 'kits', { max: 1000, ...REQUIRED }), of('whole', 'doses', { max: 5000 }), line('lot', 60),
    of('date', 'expires_on'), code('recipient', 'recipient', T.recipients), of('flag', 'trained'), of('flag', 'refill'), code('refill_reason', 'refill', T.refillReasons), of('moment', 'happened_at', QUIET),
  ],
  follow_up: [code('kind', 'followup', T.followUpKinds, REQUIRED), of('day', 'due_on', REQUIRED), line('note', 200), of('moment', 'done_at', QUIET), of('moment', 'dropped_at', QUIET)],
  step_forward: [long('text', 2000, REQUIRED), code('area', 'step', T.stepAreas), of('moment', 'happened_at', QUIET)],
  safety_note: [code('category', 'safety', T.safetyCategories, REQUIRED), long('text', 500), of('moment', 'ended_at', QUIET)],
  review_mark: [of('moment', 'reviewed_at', QUIET), long('note', 2000)],
};

/** Records that their author marked complete: an amendment says why. */
export const SIGNED: readonly string[] = ['contact_attempt', 'visit', 'peer_note', 'supply_handout'];

export function specOf(kind: string, field: string): FieldSpec | undefined {
  return specs[kind]?.find((one) => one.name === field);
}
