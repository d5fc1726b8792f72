// Generated from the `app` and `domain` crates. Do not edit: `make types` writes it.

export type EnrolRequest = { 
/**
 * The code, pasted or scanned.
 */
code: string, 
/**
 * The passphrase for the new vault.
 */
passphrase: string, 
/**
 * What to call this device.
 */
device_name: string, };
export type PeopleRequest = { 
/**
 * `open` (default) · `closed` · `all`.
 */
filter?: string, 
/**
 * `due` (default) · `name` · `last_contact`.
 */
order?: string, 
/**
 * Only the people this worker leads or goes along with.
 */
worker?: string, 
/**
 * `next` of the page before.
 */
after?: string, 
/**
 * At most so many; 50 where nothing is said, 200 at most.
 */
limit?: number, };
export type AddPersonRequest = { 
/**
 * Fields of `Person`.
 */
person: Record<string, any>, 
/**
 * Fields of a first `Place`.
 */
place?: Record<string, any>, 
/**
 * Fields of a first `Phone`.
 */
phone?: Record<string, any>, 
/**
 * Fields of an `OverdoseEvent`, where one is known.
 */
event?: Record<string, any>, };
export type AttemptRequest = { 
/**
 * Who was looked for.
 */
person: string, 
/**
 * Fields of `ContactAttempt`; `happened_at` is now where it is not given, `mode` follows from place or phone.
 */
attempt: Record<string, any>, 
/**
 * The draft to let go with it.
 */
draft?: string, };
export type VisitRequest = { 
/**
 * Who.
 */
person: string, 
/**
 * Fields of `ContactAttempt`.
 */
attempt: Record<string, any>, 
/**
 * Fields of `Visit`. For a peer support specialist `notes` becomes a peer note.
 */
visit: Record<string, any>, 
/**
 * Fields of a new `Place` where the person was found.
 */
place?: Record<string, any>, 
/**
 * `SupplyHandout`s.
 */
supplies: Record<string, any>[], 
/**
 * `Referral`s.
 */
referrals: Record<string, any>[], 
/**
 * `StepForward`s.
 */
steps: Record<string, any>[], 
/**
 * `FollowUp`s.
 */
follow_ups: Record<string, any>[], 
/**
 * Follow-ups that this visit fulfils.
 */
fulfils: string[], 
/**
 * The draft to let go with it.
 */
draft?: string, };
export type AddRequest = { 
/**
 * Who.
 */
person: string, 
/**
 * Its kind: a `RecordKind` code.
 */
kind: string, 
/**
 * Its fields.
 */
fields: Record<string, any>, 
/**
 * When it happened in the world; now, where nothing is said.
 */
happened_at?: number, 
/**
 * The draft to let go with it.
 */
draft?: string, };
export type AmendRequest = { 
/**
 * The record.
 */
record: string, 
/**
 * The new values; `null` clears a field.
 */
fields: Record<string, any>, 
/**
 * `RecordView.seen`, for the fields that change.
 */
seen: Record<string, string[]>, 
/**
 * Why; needed for a signed record.
 */
reason?: string, 
/**
 * The draft to let go with it.
 */
draft?: string, };
export type AssignRequest = { 
/**
 * The person.
 */
person: string, 
/**
 * The case.
 */
case: string, 
/**
 * Who leads.
 */
lead: string, 
/**
 * Who goes along.
 */
partner: string | null, };
export type Command = { "do": "device_state" } | { "do": "suggest_passphrase" } | { "do": "enrol" } & EnrolRequest | { "do": "unlock", 
/**
 * Whose.
 */
user: string, 
/**
 * Their passphrase.
 */
passphrase: string, } | { "do": "lock" } | { "do": "change_passphrase", 
/**
 * The present one.
 */
old: string, 
/**
 * The new one.
 */
new: string, } | { "do": "me" } | { "do": "today" } | { "do": "people" } & PeopleRequest | { "do": "search", 
/**
 * What was typed so far.
 */
text: string, } | { "do": "person", 
/**
 * Who.
 */
person: string, } | { "do": "staff" } | { "do": "add_person" } & AddPersonRequest | { "do": "record_attempt" } & AttemptRequest | { "do": "record_visit" } & VisitRequest | { "do": "add" } & AddRequest | { "do": "amend" } & AmendRequest | { "do": "void", 
/**
 * Which.
 */
record: string, 
/**
 * Why.
 */
reason: string, } | { "do": "choose", 
/**
 * The record.
 */
record: string, 
/**
 * The field.
 */
field: string, 
/**
 * The change whose value is right.
 */
claim: string, 
/**
 * What was on the screen.
 */
seen: string[], } | { "do": "save_draft", 
/**
 * `visit:<person>` and the like.
 */
key: string, 
/**
 * The person it is about.
 */
person: string | null, 
/**
 * The form's own state.
 */
body: any, } | { "do": "draft", 
/**
 * Its key.
 */
key: string, } | { "do": "drop_draft", 
/**
 * Its key.
 */
key: string, } | { "do": "needs_a_look" } | { "do": "correct", 
/**
 * The refused change.
 */
change: string, 
/**
 * New values for some of its fields.
 */
fields: Record<string, any>, } | { "do": "resend", 
/**
 * The change.
 */
change: string, } | { "do": "hand_over", 
/**
 * The changes.
 */
changes: string[], } | { "do": "seal_for_county", 
/**
 * The changes.
 */
changes: string[], } | { "do": "settle_filed", 
/**
 * The change.
 */
change: string, } | { "do": "settle_handed", 
/**
 * The work.
 */
work: string, 
/**
 * The device that it came from.
 */
device: string | null, } | { "do": "acknowledge_rehomed" } | { "do": "sync_state" } | { "do": "sync_now" } | { "do": "new_events" } | { "do": "assign" } & AssignRequest | { "do": "decide_triage", 
/**
 * The event.
 */
event: string, 
/**
 * A `TriageDecision` code.
 */
decision: string, } | { "do": "decide_match", 
/**
 * The event that asks.
 */
event: string, 
/**
 * A `MatchDecision` code.
 */
decision: string, } | { "do": "caseloads" } | { "do": "visits_to_review" } | { "do": "review", 
/**
 * The visit.
 */
visit: string, 
/**
 * A word to the worker.
 */
note: string | null, };
export type AppError = { 
/**
 * A stable code, such as `locked`, `wrong_passphrase`, `required`.
 */
code: string, 
/**
 * Plain words. Never a value that somebody typed.
 */
message: string, 
/**
 * The field it is about.
 */
field?: string, 
/**
 * Milliseconds to wait before the next try.
 */
wait_ms?: number, };
export type DeviceState = { 
/**
 * The version of the app.
 */
version: string, 
/**
 * Who can unlock it, by the name their colleagues see.
 */
vaults: Array<VaultView>, 
/**
 * The vault that is unlocked now.
 */
unlocked: string | null, 
/**
 * Whether the device secret lies in the operating system's keystore; `false`: in a file of this user account.
 */
os_keystore: boolean, };
export type VaultView = { 
/**
 * Whose.
 */
user: string, 
/**
 * Their name.
 */
name: string, 
/**
 * Milliseconds until a passphrase may be tried again; 0 when one may be tried now.
 */
wait_ms: number, };
export type Me = { 
/**
 * The user.
 */
user: string, 
/**
 * The device.
 */
device: string, 
/**
 * Their name.
 */
name: string, 
/**
 * A `Role` code.
 */
role: string, 
/**
 * Their team.
 */
team: string | null, 
/**
 * Its name.
 */
team_name: string | null, 
/**
 * The county's name.
 */
county: string, 
/**
 * The county's time zone, IANA.
 */
timezone: string, 
/**
 * The corrected time now.
 */
now: number, 
/**
 * Whether this role may add somebody the team did not know.
 */
may_add_people: boolean, 
/**
 * Minutes without a touch after which the app locks itself.
 */
lock_after_minutes: number, };
export type SyncView = { 
/**
 * `never` · `up_to_date` · `waiting` (unsent, or not yet compared) · `syncing` · `offline` · `trouble`.
 */
phase: string, 
/**
 * When device and county last agreed, by the county's clock.
 */
agreed_at: number | null, 
/**
 * Changes on this device only.
 */
on_device: number, 
/**
 * When the oldest change was made that the county does not have.
 */
oldest: number | null, 
/**
 * Changes in quarantine, or waiting for another one.
 */
needs_a_look: number, 
/**
 * Changes that were handed over, and the county has not said that it has them.
 */
handed: number, 
/**
 * People whose records are still arriving.
 */
arriving: number, 
/**
 * People done and in all, while a long first sync runs.
 */
progress: [number, number] | null, 
/**
 * While a sync runs: `connecting` until the county has answered, then `answered`.
 */
step: string | null, 
/**
 * The device's clock minus the county's in milliseconds, when it is large enough to mention.
 */
clock_offset: number | null, 
/**
 * The code of the last trouble.
 */
trouble: string | null, 
/**
 * Whether notes are still being prepared for search.
 */
search_incomplete: boolean, };
export type QuarantineItem = { 
/**
 * The change.
 */
change: string, 
/**
 * The record it speaks of.
 */
record: string, 
/**
 * Its kind.
 */
kind: string, 
/**
 * `create`, `amend` or `void`.
 */
op: string, 
/**
 * The person.
 */
person: string | null, 
/**
 * The person's name.
 */
person_name: string | null, 
/**
 * `refused`, `held` or `too_old`.
 */
state: string, 
/**
 * For `held`: the kind of the refused record that it waits for.
 */
waits_for: string | null, 
/**
 * The county's code.
 */
code: string | null, 
/**
 * The field it is about.
 */
field: string | null, 
/**
 * The values it sets.
 */
values: Record<string, unknown>, 
/**
 * When it was recorded.
 */
at: number, 
/**
 * When it was handed over. It stays here until the county says that it has it.
 */
handed_at: number | null, };
export type SealedFile = { 
/**
 * A name that says nothing about what is inside.
 */
name: string, 
/**
 * Its bytes, base64.
 */
content: string, };
export type RehomedView = { 
/**
 * Something begun and not finished; else a change that the county had refused.
 */
draft: boolean, 
/**
 * Its kind: `visit`, `attempt`, `case`, `edit`, or a `RecordKind` code.
 */
kind: string, 
/**
 * When.
 */
at: number, };
export type Stale = { 
/**
 * `people` · `person` · `sync` · `look` · `drafts` · `session` · `staff`.
 */
topic: string, 
/**
 * For `person`: who.
 */
person: string | null, };
export type RecordView = { 
/**
 * Its id.
 */
record: string, 
/**
 * Its kind.
 */
kind: string, 
/**
 * The values that count.
 */
values: Record<string, any>, 
/**
 * Per field: what an amendment from this screen has seen. Sent back with the amendment.
 */
seen: Record<string, string[]>, 
/**
 * Fields with more than one value: all of them, the one that counts first.
 */
conflicts: Record<string, ClaimView[]>, 
/**
 * `device` (on this device only) · `county` (with the county) · `look` (needs a look) · `handed` (handed over to
 * the supervisor, and no record).
 */
state: string, 
/**
 * When it was first recorded, in the world.
 */
at: number, 
/**
 * By whom.
 */
author: string, 
/**
 * Whether the user who looks at it recorded it.
 */
mine: boolean, 
/**
 * Amendments, oldest first; the original's values are in the first claim of [`AmendmentView::before`].
 */
amendments: Array<AmendmentView>, 
/**
 * Why it was voided, where it was.
 */
voided: string | null, };
export type ClaimView = { 
/**
 * The change that says so.
 */
change: string, 
/**
 * The value.
 */
value: any, 
/**
 * Who said so.
 */
author: string, 
/**
 * When, in the world.
 */
at: number, };
export type AmendmentView = { 
/**
 * When.
 */
at: number, 
/**
 * By whom.
 */
author: string, 
/**
 * Why.
 */
reason: string, 
/**
 * The values before it, of the fields that it set.
 */
before: Record<string, unknown>, 
/**
 * The values that it set.
 */
after: Record<string, unknown>, };
export type PersonView = { 
/**
 * Who.
 */
person: string, 
/**
 * The name to show.
 */
name: string, 
/**
 * Age in years, where known.
 */
age: number | null, 
/**
 * Whether their records are still arriving.
 */
arriving: boolean, 
/**
 * Whether they died.
 */
died: boolean, 
/**
 * Identity and contact preferences.
 */
identity: RecordView, 
/**
 * Other names.
 */
aliases: Array<RecordView>, 
/**
 * Places, last seen first.
 */
places: Array<RecordView>, 
/**
 * Telephone numbers.
 */
phones: Array<RecordView>, 
/**
 * Safety notes that still hold.
 */
safety: Array<RecordView>, 
/**
 * Overdose events, latest first.
 */
events: Array<RecordView>, 
/**
 * The case: the open one, else the latest.
 */
case: RecordView | null, 
/**
 * Who carries it.
 */
assignment: RecordView | null, 
/**
 * Name of the lead.
 */
lead: string | null, 
/**
 * Name of the partner.
 */
partner: string | null, 
/**
 * What they are due for first.
 */
due: DueView | null, 
/**
 * Follow-ups still open, next first.
 */
follow_ups: Array<RecordView>, 
/**
 * Referrals, latest first.
 */
referrals: Array<RecordView>, 
/**
 * Everything that happened, latest first.
 */
timeline: Array<TimelineItem>, 
/**
 * Which kinds this user may add for this person.
 */
may_add: Array<string>, 
/**
 * Which kinds this user may amend for this person.
 */
may_amend: Array<string>, };
export type DueView = { 
/**
 * `first_contact` or `follow_up`.
 */
what: string, 
/**
 * By when. For a follow-up: the end of its day in the county.
 */
by: number, 
/**
 * For a follow-up: the day.
 */
day: string | null, 
/**
 * For a supervisor, once it is past: since when a device was not heard that may hold that it was done. Then it is
 * not yet heard, which is not the same as not done.
 */
not_heard_since: number | null, };
export type TimelineItem = { 
/**
 * When, in the world.
 */
at: number, 
/**
 * The record.
 */
record: RecordView, 
/**
 * For an attempt that reached the person: the visit; and what was recorded with the visit.
 */
with: Array<RecordView>, 
/**
 * Whether a supervisor has reviewed the visit; by whom.
 */
reviewed_by: string | null, };
export type PersonRow = { 
/**
 * Who.
 */
person: string, 
/**
 * The name to show.
 */
name: string, 
/**
 * Age in years, where known.
 */
age: number | null, 
/**
 * A `CaseStage` code.
 */
stage: string | null, 
/**
 * What they are due for first.
 */
due: DueView | null, 
/**
 * The place to go to first, on one line.
 */
place: string | null, 
/**
 * That place's record.
 */
place_id: string | null, 
/**
 * The number to call first.
 */
phone: string | null, 
/**
 * That number's record.
 */
phone_id: string | null, 
/**
 * When they were last reached.
 */
last_reached: number | null, 
/**
 * When somebody last tried, whether they were reached or not.
 */
last_attempt: number | null, 
/**
 * How many attempts reached nobody since they were last reached.
 */
attempts: number, 
/**
 * Name of the lead.
 */
lead: string | null, 
/**
 * Whether a safety note holds.
 */
safety: boolean, 
/**
 * How many fields need a look.
 */
conflicts: number, 
/**
 * How many changes about them are on this device only.
 */
unsent: number, 
/**
 * Whether their records are still arriving.
 */
arriving: boolean, };
export type PeoplePage = { 
/**
 * The people.
 */
people: Array<PersonRow>, 
/**
 * Where the next page starts.
 */
next: string | null, 
/**
 * How many there are in all.
 */
total: number, };
export type TodayView = { 
/**
 * The county's date today.
 */
date: string, 
/**
 * Overdue, due today, and everybody still waiting for a first contact, by the moment they are due.
 */
due: Array<PersonRow>, 
/**
 * The next seven days.
 */
soon: Array<PersonRow>, 
/**
 * What was begun and not finished.
 */
drafts: Array<DraftView>, 
/**
 * How many items need a look.
 */
needs_a_look: number, };
export type DraftView = { 
/**
 * Its key: `visit:<person>` and the like.
 */
key: string, 
/**
 * The person it is about.
 */
person: string | null, 
/**
 * Their name.
 */
person_name: string | null, 
/**
 * When it was last saved.
 */
saved_at: number, 
/**
 * The form's own state.
 */
body: any, };
export type DraftKept = { 
/**
 * Whether its person is no longer on this device: then it went to the supervisor, as unfinished.
 */
left: boolean, };
export type Hit = { 
/**
 * The person.
 */
person: PersonRow, 
/**
 * What matched: `name`, `place`, `phone` or `note`.
 */
matched: string, 
/**
 * The matching text, shortened.
 */
text: string, };
export type SearchView = { 
/**
 * The hits, best first.
 */
hits: Array<Hit>, 
/**
 * Whether notes are still being prepared, so that something may be missing.
 */
incomplete: boolean, };
export type ConflictView = { 
/**
 * The person.
 */
person: string | null, 
/**
 * Their name.
 */
person_name: string | null, 
/**
 * The record.
 */
record: string, 
/**
 * Its kind.
 */
kind: string, 
/**
 * The field.
 */
field: string, 
/**
 * All values, the one that counts first.
 */
claims: Array<ClaimView>, 
/**
 * What a choice made from this screen has seen.
 */
seen: string[], 
/**
 * Whether this user may choose.
 */
may_choose: boolean, };
export type LookView = { 
/**
 * Fields with more than one value.
 */
conflicts: Array<ConflictView>, 
/**
 * What the county refused or holds.
 */
quarantine: Array<QuarantineItem>, 
/**
 * For a supervisor: work that was handed over; what waits first, then what was taken care of.
 */
handed_over: Array<HandedOverView>, 
/**
 * How much of it waits in all: more than is listed, where it does not go into one answer of the county.
 */
handed_over_waiting: number, 
/**
 * What went to the supervisor by itself, until the worker has read that.
 */
rehomed: Array<RehomedView>, };
export type HandedOverView = { 
/**
 * Its id.
 */
id: string, 
/**
 * The device that it came from, where the county says so.
 */
device: string | null, 
/**
 * The person.
 */
person: string, 
/**
 * Their name, if they are in this caseload.
 */
person_name: string | null, 
/**
 * Whose work.
 */
author: string, 
/**
 * `refused` or `draft`.
 */
what: string, 
/**
 * When it came.
 */
received: number, 
/**
 * Why it was refused.
 */
code: string | null, 
/**
 * The work itself: a change, or a form's own state.
 */
body: any, 
/**
 * Who took care of it.
 */
settled_by: string | null, 
/**
 * And when.
 */
settled_at: number | null, };
export type Saved = { 
/**
 * The person they belong to.
 */
person: string | null, 
/**
 * The records, in the order of the request.
 */
records: string[], };
export type NewEvent = { 
/**
 * The person, as in every list. `due.by` is the end of the first-contact clock.
 */
person: PersonRow, 
/**
 * The event.
 */
event: RecordView, 
/**
 * The case to assign.
 */
case: string | null, 
/**
 * Whether it needs a human look first (`review` triage not yet decided).
 */
needs_look: boolean, 
/**
 * An earlier person who may be the same, for a human to decide.
 */
possible_match: string | null, 
/**
 * Their name.
 */
possible_match_name: string | null, };
export type NewEventsView = { 
/**
 * The events.
 */
events: Array<NewEvent>, 
/**
 * Who can carry them.
 */
workers: Array<StaffView>, 
/**
 * The partner to preselect for each possible lead: who last went along with them, else the team's EMS worker
 * with the fewest people.
 */
usual_partner: Record<string, string>, };
export type StaffView = { 
/**
 * Who.
 */
user: string, 
/**
 * Their name.
 */
name: string, 
/**
 * A `Role` code.
 */
role: string, 
/**
 * Their team.
 */
team: string | null, 
/**
 * Whether they work here now.
 */
active: boolean, };
export type WorkerLoad = { 
/**
 * The worker.
 */
worker: StaffView, 
/**
 * People they carry.
 */
people: number, 
/**
 * Of those, overdue and not done, as far as all of their devices were heard.
 */
overdue: number, 
/**
 * Of those, past due and not yet heard: a silent device may hold that it was done.
 */
not_heard: number, 
/**
 * Their devices.
 */
devices: Array<DeviceView>, };
export type DeviceView = { 
/**
 * What its owner calls it.
 */
name: string, 
/**
 * When it was last in contact; none: not yet.
 */
last_contact: number | null, 
/**
 * Items it had unsent then.
 */
unsent: number, 
/**
 * The version of its app.
 */
app: string, 
/**
 * Its clock minus the county's in milliseconds.
 */
clock_offset: number, };
export type VisitToReview = { 
/**
 * The person.
 */
person: string, 
/**
 * Their name.
 */
person_name: string, 
/**
 * The attempt, with its visit and what was recorded with it.
 */
item: TimelineItem, 
/**
 * The visit to mark.
 */
visit: string, };

/** Fields of a `person` record. */
export interface PersonFields {
  /** at most 120 characters */
  first_name?: string;
  /** at most 120 characters */
  last_name?: string;
  /** at most 120 characters */
  alias?: string;
  /** at most 120 characters */
  pronouns?: string;
  /** YYYY-MM-DD */
  birth_date?: string;
  /** 0 to 125 */
  age_years?: number;
  /** YYYY-MM-DD */
  age_noted_on?: string;
  /** a code */
  sex?: string;
  /** at most 35 characters */
  language?: string;
  /** a code */
  unhoused?: string;
  /** a code */
  preferred_contact?: string;
  /** at most 200 characters */
  best_time?: string;
  /** a code */
  message_ok?: string;
  /** a code */
  mention_team_ok?: string;
  /** a code */
  leave_material_ok?: string;
  /** at most 2000 characters */
  contact_note?: string;
  /**  */
  died?: boolean;
}

/** Fields of a `alias` record. */
export interface AliasFields {
  /** required; at most 120 characters */
  name?: string;
}

/** Fields of a `place` record. */
export interface PlaceFields {
  /** required; a code */
  kind?: string;
  /** at most 200 characters */
  label?: string;
  /** at most 200 characters */
  street?: string;
  /** at most 120 characters */
  unit?: string;
  /** at most 120 characters */
  city?: string;
  /** at most 40 characters */
  state?: string;
  /** at most 12 characters */
  zip?: string;
  /** -90 to 90 */
  latitude?: number;
  /** -180 to 180 */
  longitude?: number;
  /** at most 2000 characters */
  directions?: string;
  /** milliseconds since 1970 */
  last_seen?: number;
  /**  */
  usable?: boolean;
  /** a code */
  safe_to_visit?: string;
}

/** Fields of a `phone` record. */
export interface PhoneFields {
  /** required; at most 40 characters */
  number?: string;
  /** a code */
  kind?: string;
  /** at most 120 characters */
  belongs_to?: string;
  /** a code */
  message_ok?: string;
  /** a code */
  text_ok?: string;
  /** milliseconds since 1970 */
  last_seen?: number;
  /**  */
  usable?: boolean;
}

/** Fields of a `overdose_event` record. */
export interface OverdoseEventFields {
  /** required; milliseconds since 1970 */
  occurred_at?: number;
  /** required; a code */
  source?: string;
  /** the id of another record */
  place?: string;
  /** at most 200 characters */
  agency?: string;
  /** at most 200 characters */
  agency_name?: string;
  /** at most 200 characters */
  incident_number?: string;
  /** 1 to 100 */
  report_count?: number;
  /** a code */
  naloxone_given?: string;
  /** 0 to 50 */
  naloxone_doses?: number;
  /** a code */
  naloxone_response?: string;
  /** a code */
  transport?: string;
  /** at most 200 characters */
  destination?: string;
  /** a code */
  triage?: string;
  /** codes */
  triage_reasons?: string[];
  /** a code */
  triage_decision?: string;
  /** the id of another record */
  possible_match?: string;
  /** a code */
  match_decision?: string;
  /** 0 to 125 */
  age_years?: number;
  /**  */
  phone_usable?: boolean;
  /**  */
  address_usable?: boolean;
  /**  */
  fatal?: boolean;
}

/** Fields of a `case` record. */
export interface CaseFields {
  /** required; a code */
  stage?: string;
  /** required; milliseconds since 1970 */
  opened_at?: number;
  /** the id of another record */
  team?: string;
  /** 1 to 720 */
  first_contact_hours?: number;
  /** a code */
  engagement?: string;
  /** milliseconds since 1970 */
  closed_at?: number;
  /** a code */
  closing_reason?: string;
  /** a code */
  may_contact_again?: string;
  /** YYYY-MM-DD */
  contact_again_on?: string;
}

/** Fields of a `assignment` record. */
export interface AssignmentFields {
  /** required; the id of another record */
  case?: string;
  /** required; the id of another record */
  team?: string;
  /** the id of another record */
  lead?: string;
  /** the id of another record */
  partner?: string;
  /** milliseconds since 1970 */
  assigned_at?: number;
}

/** Fields of a `contact_attempt` record. */
export interface ContactAttemptFields {
  /** required; milliseconds since 1970 */
  happened_at?: number;
  /** required; a code */
  mode?: string;
  /** required; a code */
  outcome?: string;
  /** the id of another record */
  case?: string;
  /** the id of another record */
  place?: string;
  /** the id of another record */
  phone?: string;
  /** at most 2000 characters */
  note?: string;
}

/** Fields of a `visit` record. */
export interface VisitFields {
  /** required; the id of another record */
  attempt?: string;
  /** required; milliseconds since 1970 */
  happened_at?: number;
  /** 0 to 1440 */
  minutes?: number;
  /** codes */
  present?: string[];
  /** codes */
  topics?: string[];
  /** codes */
  needs?: string[];
  /** a code */
  engagement?: string;
  /** at most 2000 characters */
  next_step?: string;
  /** at most 20000 characters */
  notes?: string;
}

/** Fields of a `peer_note` record. */
export interface PeerNoteFields {
  /** the id of another record */
  visit?: string;
  /** required; at most 20000 characters */
  text?: string;
}

/** Fields of a `referral` record. */
export interface ReferralFields {
  /** required; a code */
  category?: string;
  /** at most 200 characters */
  service?: string;
  /** required; a code */
  status?: string;
  /** a code */
  handoff?: string;
  /** required; milliseconds since 1970 */
  offered_at?: number;
  /** a code */
  outcome?: string;
  /** milliseconds since 1970 */
  outcome_at?: number;
  /** a code */
  why_not?: string;
  /** the id of another record */
  visit?: string;
  /** at most 2000 characters */
  note?: string;
}

/** Fields of a `supply_handout` record. */
export interface SupplyHandoutFields {
  /** required; a code */
  item?: string;
  /** required; 1 to 1000 */
  kits?: number;
  /** 0 to 5000 */
  doses?: number;
  /** at most 60 characters */
  lot?: string;
  /** YYYY-MM-DD */
  expires_on?: string;
  /** a code */
  recipient?: string;
  /**  */
  trained?: boolean;
  /**  */
  refill?: boolean;
  /** a code */
  refill_reason?: string;
  /** required; milliseconds since 1970 */
  happened_at?: number;
  /** the id of another record */
  visit?: string;
}

/** Fields of a `follow_up` record. */
export interface FollowUpFields {
  /** required; a code */
  kind?: string;
  /** required; YYYY-MM-DD */
  due_on?: string;
  /** the id of another record */
  assigned_to?: string;
  /** at most 200 characters */
  note?: string;
  /** milliseconds since 1970 */
  done_at?: number;
  /** milliseconds since 1970 */
  dropped_at?: number;
  /** the id of another record */
  visit?: string;
}

/** Fields of a `step_forward` record. */
export interface StepForwardFields {
  /** required; at most 2000 characters */
  text?: string;
  /** a code */
  area?: string;
  /** required; milliseconds since 1970 */
  happened_at?: number;
  /** the id of another record */
  visit?: string;
}

/** Fields of a `safety_note` record. */
export interface SafetyNoteFields {
  /** required; a code */
  category?: string;
  /** at most 500 characters */
  text?: string;
  /** the id of another record */
  place?: string;
  /** milliseconds since 1970 */
  ended_at?: number;
}

/** Fields of a `review_mark` record. */
export interface ReviewMarkFields {
  /** required; the id of another record */
  visit?: string;
  /** required; milliseconds since 1970 */
  reviewed_at?: number;
  /** at most 2000 characters */
  note?: string;
}

export const attemptModes = ['home-visit', 'scene-visit', 'phone', 'text', 'community-site', 'hospital', 'jail', 'video', 'mail'] as const;

export const attemptOutcomes = ['no-answer', 'reached-survivor', 'reached-family-or-network', 'reached-asked-to-return', 'left-material', 'message-left', 'wrong-or-disconnected-number', 'address-invalid', 'moved', 'hospitalised', 'incarcerated', 'deceased', 'refused-contact', 'unsafe-aborted', 'other'] as const;

export const caseStages = ['referred', 'attempting', 'reached', 'engaged', 'linked', 'sustained', 'declined', 're-contact-later', 'closed'] as const;

export const closingReasons = ['goals-met', 'transferred', 'declined-further-contact', 'unable-to-reach', 'moved-out-of-area', 'incarcerated', 'in-long-term-treatment', 'deceased', 'duplicate', 'not-eligible', 'administrative'] as const;

export const engagementLevels = ['low', 'medium', 'high'] as const;

export const presents = ['person', 'family', 'partner', 'friend', 'child', 'other-provider'] as const;

export const visitTopics = ['what-happened', 'naloxone-use', 'tolerance', 'mixing', 'using-alone', 'test-strips', 'moud', 'syringe-services', 'wellbeing', 'family-support', 'next-contact'] as const;

export const needs = ['food', 'housing', 'transport', 'phone', 'id-documents', 'insurance', 'wound-care', 'primary-care', 'mental-health', 'clothing', 'safety', 'legal', 'work', 'childcare'] as const;

export const supplyItems = ['naloxone-nasal-4mg', 'naloxone-nasal-8mg', 'naloxone-im-0.4mg', 'fentanyl-test-strips', 'xylazine-test-strips', 'syringe-kit', 'wound-care-kit', 'hygiene-kit', 'water', 'food', 'phone', 'other'] as const;

export const recipients = ['survivor', 'family', 'bystander', 'business', 'partner-agency'] as const;

export const refillReasons = ['used', 'lost', 'stolen', 'expired', 'given-away'] as const;

export const referralCategories = ['moud', 'withdrawal-management', 'outpatient', 'residential', 'recovery-housing', 'peer-mutual-aid', 'ssp-harm-reduction', 'naloxone', 'primary-care', 'mental-health-crisis', 'hiv-hcv-sti', 'wound-care', 'housing-shelter', 'food', 'transport', 'id-benefits-insurance', 'employment', 'legal-reentry', 'domestic-violence', 'family-support', 'dental'] as const;

export const referralStatuses = ['draft', 'requested', 'accepted', 'rejected', 'cancelled', 'in-progress', 'on-hold', 'failed', 'completed', 'entered-in-error'] as const;

export const referralOutcomes = ['attended', 'did-not-attend', 'ineligible', 'waitlisted', 'declined-by-person', 'unknown'] as const;

export const whyNots = ['waitlist', 'no-transport', 'no-insurance', 'turned-away', 'not-yet-ready', 'lost-contact', 'cost', 'other'] as const;

export const handoffs = ['transport', 'warm-handoff', 'information'] as const;

export const safetyCategories = ['dog', 'access', 'prior-threat', 'weapon', 'infection', 'go-in-pairs', 'other'] as const;

export const followUpKinds = ['visit', 'call', 'text', 'check-referral', 'bring-supplies', 'other'] as const;

export const stepAreas = ['safety', 'health', 'connection', 'home', 'work', 'recovery', 'other'] as const;

export const sexes = ['female', 'male', 'unknown'] as const;

export const placeKinds = ['home', 'scene', 'family-or-friend', 'shelter', 'encampment', 'street', 'community-site', 'work', 'hospital', 'jail', 'other'] as const;

export const phoneKinds = ['mobile', 'home', 'work', 'family-or-friend', 'other'] as const;

export const preferredContacts = ['phone', 'text', 'visit', 'through-somebody', 'no-preference'] as const;

export const yesNoUnknown = ['yes', 'no', 'unknown'] as const;

export const roles = ['peer-support', 'ems', 'clinician', 'supervisor', 'county-admin', 'evaluator'] as const;

export const eventSources = ['ems', 'hospital', 'community', 'person', 'outreach'] as const;

export const triages = ['meets', 'review', 'no'] as const;

export const triageDecisions = ['overdose', 'not-overdose'] as const;

export const naloxoneResponses = ['improved', 'unchanged', 'worse', 'unknown'] as const;

export const transports = ['transported', 'declined', 'none', 'unknown'] as const;

export const matchDecisions = ['same', 'different'] as const;

export const recordKinds = ['person', 'alias', 'place', 'phone', 'overdose_event', 'case', 'assignment', 'contact_attempt', 'visit', 'peer_note', 'referral', 'supply_handout', 'follow_up', 'step_forward', 'safety_note', 'review_mark', 'team', 'staff', 'county_settings'] as const;
