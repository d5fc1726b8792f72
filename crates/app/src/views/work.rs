//! The worker's day: lists, drafts, what needs a look.

use super::{ClaimView, DueView};
use domain::{ChangeId, DeviceId, Millis, PersonId, RecordId};
use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;

/// A person in a list.
#[derive(Clone, Debug, Serialize, TS)]
pub struct PersonRow {
    /// Who.
    #[ts(type = "string")]
    pub person: PersonId,
    /// The name to show.
    pub name: String,
    /// Age in years, where known.
    #[ts(type = "number | null")]
    pub age: Option<i64>,
    /// A `CaseStage` code.
    pub stage: Option<String>,
    /// What they are due for first.
    pub due: Option<DueView>,
    /// The place to go to first, on one line.
    pub place: Option<String>,
    /// That place's record.
    #[ts(type = "string | null")]
    pub place_id: Option<RecordId>,
    /// The number to call first.
    pub phone: Option<String>,
    /// That number's record.
    #[ts(type = "string | null")]
    pub phone_id: Option<RecordId>,
    /// When they were last reached.
    #[ts(type = "number | null")]
    pub last_reached: Option<Millis>,
    /// When somebody last tried, whether they were reached or not.
    #[ts(type = "number | null")]
    pub last_attempt: Option<Millis>,
    /// How many attempts reached nobody since they were last reached.
    pub attempts: u32,
    /// Name of the lead.
    pub lead: Option<String>,
    /// Whether a safety note holds.
    pub safety: bool,
    /// How many fields need a look.
    pub conflicts: u32,
    /// How many changes about them are on this device only.
    pub unsent: u32,
    /// Whether their records are still arriving.
    pub arriving: bool,
}

/// One page of people. `next` is given back as `after`; none on the last page.
#[derive(Clone, Debug, Serialize, TS)]
pub struct PeoplePage {
    /// The people.
    pub people: Vec<PersonRow>,
    /// Where the next page starts.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u32,
}

/// *Today*: who is due, first things first.
#[derive(Clone, Debug, Serialize, TS)]
pub struct TodayView {
    /// The county's date today.
    pub date: String,
    /// Overdue, due today, and everybody still waiting for a first contact, by the moment they are due.
    pub due: Vec<PersonRow>,
    /// The next seven days.
    pub soon: Vec<PersonRow>,
    /// What was begun and not finished.
    pub drafts: Vec<DraftView>,
    /// How many items need a look.
    pub needs_a_look: u32,
}

/// Something begun and not finished.
#[derive(Clone, Debug, Serialize, TS)]
pub struct DraftView {
    /// Its key: `visit:<person>` and the like.
    pub key: String,
    /// The person it is about.
    #[ts(type = "string | null")]
    pub person: Option<PersonId>,
    /// Their name.
    pub person_name: Option<String>,
    /// When it was last saved.
    #[ts(type = "number")]
    pub saved_at: Millis,
    /// The form's own state.
    #[ts(type = "any")]
    pub body: Value,
}

/// A draft was kept.
#[derive(Clone, Debug, Serialize, TS)]
pub struct DraftKept {
    /// Whether its person is no longer on this device: then it went to the supervisor, as unfinished.
    pub left: bool,
}

/// One search hit.
#[derive(Clone, Debug, Serialize, TS)]
pub struct Hit {
    /// The person.
    pub person: PersonRow,
    /// What matched: `name`, `place`, `phone` or `note`.
    pub matched: String,
    /// The matching text, shortened.
    pub text: String,
}

/// Search results.
#[derive(Clone, Debug, Serialize, TS)]
pub struct SearchView {
    /// The hits, best first.
    pub hits: Vec<Hit>,
    /// Whether notes are still being prepared, so that something may be missing.
    pub incomplete: bool,
}

/// A field with more than one value.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ConflictView {
    /// The person.
    #[ts(type = "string | null")]
    pub person: Option<PersonId>,
    /// Their name.
    pub person_name: Option<String>,
    /// The record.
    #[ts(type = "string")]
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// The field.
    pub field: String,
    /// All values, the one that counts first.
    pub claims: Vec<ClaimView>,
    /// What a choice made from this screen has seen.
    #[ts(type = "string[]")]
    pub seen: Vec<ChangeId>,
    /// Whether this user may choose.
    pub may_choose: bool,
}

/// Everything that needs a look.
#[derive(Clone, Debug, Serialize, TS)]
pub struct LookView {
    /// Fields with more than one value.
    pub conflicts: Vec<ConflictView>,
    /// What the county refused or holds.
    pub quarantine: Vec<super::QuarantineItem>,
    /// For a supervisor: work that was handed over; what waits first, then what was taken care of.
    pub handed_over: Vec<HandedOverView>,
    /// How much of it waits in all: more than is listed, where it does not go into one answer of the county.
    pub handed_over_waiting: u32,
    /// What went to the supervisor by itself, until the worker has read that.
    pub rehomed: Vec<super::RehomedView>,
}

/// Work in the county's quarantine.
#[derive(Clone, Debug, Serialize, TS)]
pub struct HandedOverView {
    /// Its id.
    #[ts(type = "string")]
    pub id: ChangeId,
    /// The device that it came from, where the county says so.
    #[ts(type = "string | null")]
    pub device: Option<DeviceId>,
    /// The person.
    #[ts(type = "string")]
    pub person: PersonId,
    /// Their name, if they are in this caseload.
    pub person_name: Option<String>,
    /// Whose work.
    pub author: String,
    /// `refused` or `draft`.
    pub what: String,
    /// When it came.
    #[ts(type = "number")]
    pub received: Millis,
    /// Why it was refused.
    pub code: Option<String>,
    /// The work itself: a change, or a form's own state.
    #[ts(type = "any")]
    pub body: Option<Value>,
    /// Who took care of it.
    pub settled_by: Option<String>,
    /// And when.
    #[ts(type = "number | null")]
    pub settled_at: Option<Millis>,
}

/// What saving came to: the records written, already durable on this device.
#[derive(Clone, Debug, Serialize, TS)]
pub struct Saved {
    /// The person they belong to.
    #[ts(type = "string | null")]
    pub person: Option<PersonId>,
    /// The records, in the order of the request.
    #[ts(type = "string[]")]
    pub records: Vec<RecordId>,
}
