//! One person, as the team knows them.

use domain::{ChangeId, Millis, PersonId, RecordId};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use ts_rs::TS;

/// A record with everything a screen needs to show and amend it.
#[derive(Clone, Debug, Serialize, TS)]
pub struct RecordView {
    /// Its id.
    #[ts(type = "string")]
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// The values that count.
    #[ts(type = "Record<string, any>")]
    pub values: Map<String, Value>,
    /// Per field: what an amendment from this screen has seen. Sent back with the amendment.
    #[ts(type = "Record<string, string[]>")]
    pub seen: BTreeMap<String, Vec<ChangeId>>,
    /// Fields with more than one value: all of them, the one that counts first.
    #[ts(type = "Record<string, ClaimView[]>")]
    pub conflicts: BTreeMap<String, Vec<ClaimView>>,
    /// `device` (on this device only) · `county` (with the county) · `look` (needs a look) · `handed` (handed over to
    /// the supervisor, and no record).
    pub state: String,
    /// When it was first recorded, in the world.
    #[ts(type = "number")]
    pub at: Millis,
    /// By whom.
    pub author: String,
    /// Whether the user who looks at it recorded it.
    pub mine: bool,
    /// Amendments, oldest first; the original's values are in the first claim of [`AmendmentView::before`].
    pub amendments: Vec<AmendmentView>,
    /// Why it was voided, where it was.
    pub voided: Option<String>,
}

/// One value that somebody gave to a field.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ClaimView {
    /// The change that says so.
    #[ts(type = "string")]
    pub change: ChangeId,
    /// The value.
    #[ts(type = "any")]
    pub value: Value,
    /// Who said so.
    pub author: String,
    /// When, in the world.
    #[ts(type = "number")]
    pub at: Millis,
}

/// An amendment of a signed record: what changed, why, by whom.
#[derive(Clone, Debug, Serialize, TS)]
pub struct AmendmentView {
    /// When.
    #[ts(type = "number")]
    pub at: Millis,
    /// By whom.
    pub author: String,
    /// Why.
    pub reason: String,
    /// The values before it, of the fields that it set.
    #[ts(type = "Record<string, unknown>")]
    pub before: Map<String, Value>,
    /// The values that it set.
    #[ts(type = "Record<string, unknown>")]
    pub after: Map<String, Value>,
}

/// A person's page.
#[derive(Clone, Debug, Serialize, TS)]
pub struct PersonView {
    /// Who.
    #[ts(type = "string")]
    pub person: PersonId,
    /// The name to show.
    pub name: String,
    /// Age in years, where known.
    #[ts(type = "number | null")]
    pub age: Option<i64>,
    /// Whether their records are still arriving.
    pub arriving: bool,
    /// Whether they died.
    pub died: bool,
    /// Identity and contact preferences.
    pub identity: RecordView,
    /// Other names.
    pub aliases: Vec<RecordView>,
    /// Places, last seen first.
    pub places: Vec<RecordView>,
    /// Telephone numbers.
    pub phones: Vec<RecordView>,
    /// Safety notes that still hold.
    pub safety: Vec<RecordView>,
    /// Overdose events, latest first.
    pub events: Vec<RecordView>,
    /// The case: the open one, else the latest.
    pub case: Option<RecordView>,
    /// Who carries it.
    pub assignment: Option<RecordView>,
    /// Name of the lead.
    pub lead: Option<String>,
    /// Name of the partner.
    pub partner: Option<String>,
    /// What they are due for first.
    pub due: Option<DueView>,
    /// Follow-ups still open, next first.
    pub follow_ups: Vec<RecordView>,
    /// Referrals, latest first.
    pub referrals: Vec<RecordView>,
    /// Everything that happened, latest first.
    pub timeline: Vec<TimelineItem>,
    /// Which kinds this user may add for this person.
    pub may_add: Vec<String>,
    /// Which kinds this user may amend for this person.
    pub may_amend: Vec<String>,
}

/// What somebody is due for.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct DueView {
    /// `first_contact` or `follow_up`.
    pub what: String,
    /// By when. For a follow-up: the end of its day in the county.
    #[ts(type = "number")]
    pub by: Millis,
    /// For a follow-up: the day.
    pub day: Option<String>,
    /// For a supervisor, once it is past: since when a device was not heard that may hold that it was done. Then it is
    /// not yet heard, which is not the same as not done.
    #[ts(type = "number | null")]
    pub not_heard_since: Option<Millis>,
}

/// One thing that happened: an attempt (with its visit), an event, a note, a step forward.
#[derive(Clone, Debug, Serialize, TS)]
pub struct TimelineItem {
    /// When, in the world.
    #[ts(type = "number")]
    pub at: Millis,
    /// The record.
    pub record: RecordView,
    /// For an attempt that reached the person: the visit; and what was recorded with the visit.
    pub with: Vec<RecordView>,
    /// Whether a supervisor has reviewed the visit; by whom.
    pub reviewed_by: Option<String>,
}
