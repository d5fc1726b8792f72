//! The supervisor's screens.

use super::{PersonRow, RecordView, TimelineItem};
use domain::{Millis, PersonId, RecordId, TeamId, UserId};
use serde::Serialize;
use ts_rs::TS;

/// A new event on the team's list that nobody carries yet.
#[derive(Clone, Debug, Serialize, TS)]
pub struct NewEvent {
    /// The person, as in every list. `due.by` is the end of the first-contact clock.
    pub person: PersonRow,
    /// The event.
    pub event: RecordView,
    /// The case to assign.
    #[ts(type = "string | null")]
    pub case: Option<RecordId>,
    /// Whether it needs a human look first (`review` triage not yet decided).
    pub needs_look: bool,
    /// An earlier person who may be the same, for a human to decide.
    #[ts(type = "string | null")]
    pub possible_match: Option<PersonId>,
    /// Their name.
    pub possible_match_name: Option<String>,
}

/// New events, oldest first against the clock.
#[derive(Clone, Debug, Serialize, TS)]
pub struct NewEventsView {
    /// The events.
    pub events: Vec<NewEvent>,
    /// Who can carry them.
    pub workers: Vec<StaffView>,
    /// The partner to preselect for each possible lead: who last went along with them, else the team's EMS worker
    /// with the fewest people.
    #[ts(type = "Record<string, string>")]
    pub usual_partner: std::collections::BTreeMap<UserId, UserId>,
}

/// A colleague.
#[derive(Clone, Debug, Serialize, TS)]
pub struct StaffView {
    /// Who.
    #[ts(type = "string")]
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// A `Role` code.
    pub role: String,
    /// Their team.
    #[ts(type = "string | null")]
    pub team: Option<TeamId>,
    /// Whether they work here now.
    pub active: bool,
}

/// A worker's caseload as the county knows it, with what it has not yet heard.
#[derive(Clone, Debug, Serialize, TS)]
pub struct WorkerLoad {
    /// The worker.
    pub worker: StaffView,
    /// People they carry.
    pub people: u32,
    /// Of those, overdue and not done, as far as all of their devices were heard.
    pub overdue: u32,
    /// Of those, past due and not yet heard: a silent device may hold that it was done.
    pub not_heard: u32,
    /// Their devices.
    pub devices: Vec<DeviceView>,
}

/// A worker's device, as the county last heard of it.
#[derive(Clone, Debug, Serialize, TS)]
pub struct DeviceView {
    /// What its owner calls it.
    pub name: String,
    /// When it was last in contact; none: not yet.
    #[ts(type = "number | null")]
    pub last_contact: Option<Millis>,
    /// Items it had unsent then.
    pub unsent: u32,
    /// The version of its app.
    pub app: String,
    /// Its clock minus the county's in milliseconds.
    #[ts(type = "number")]
    pub clock_offset: i64,
}

/// A visit that nobody has reviewed.
#[derive(Clone, Debug, Serialize, TS)]
pub struct VisitToReview {
    /// The person.
    #[ts(type = "string")]
    pub person: PersonId,
    /// Their name.
    pub person_name: String,
    /// The attempt, with its visit and what was recorded with it.
    pub item: TimelineItem,
    /// The visit to mark.
    #[ts(type = "string")]
    pub visit: RecordId,
}
