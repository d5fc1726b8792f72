//! Everything a screen can ask for: one command for each thing a worker can do.
//!
//! The Tauri shell and the loopback bridge hand the same text to [`crate::App::run`], so every door has the same
//! commands, and a test can enumerate all of them. The comment on each names what it answers.

use domain::{ChangeId, DeviceId, Millis, PersonId, RecordId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use ts_rs::TS;

/// A command, as `{"do": "unlock", …}`.
#[derive(Clone, Deserialize, Serialize, TS)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// What this installation is: [`crate::views::DeviceState`]. Works locked.
    DeviceState,
    /// Proposes a passphrase: a string. Works locked.
    SuggestPassphrase,
    /// Joins a county with a one-time code and makes a vault: [`crate::views::DeviceState`]. Works locked.
    Enrol(EnrolRequest),
    /// Opens a vault: [`crate::views::Me`]. Works locked.
    Unlock {
        /// Whose.
        #[ts(type = "string")]
        user: UserId,
        /// Their passphrase.
        passphrase: String,
    },
    /// Closes the vault and drops the keys: nothing.
    Lock,
    /// A new passphrase for this vault: nothing.
    ChangePassphrase {
        /// The present one.
        old: String,
        /// The new one.
        new: String,
    },
    /// Who is working: [`crate::views::Me`].
    Me,

    /// Who is due: [`crate::views::TodayView`].
    Today,
    /// A page of the caseload: [`crate::views::PeoplePage`].
    People(PeopleRequest),
    /// Search in names, places, numbers and notes: [`crate::views::SearchView`].
    Search {
        /// What was typed so far.
        text: String,
    },
    /// A person's page: [`crate::views::PersonView`].
    Person {
        /// Who.
        #[ts(type = "string")]
        person: PersonId,
    },
    /// Colleagues: a list of [`crate::views::StaffView`].
    Staff,

    /// Adds somebody: [`crate::views::Saved`], the person first.
    AddPerson(AddPersonRequest),
    /// Records an attempt that reached nobody: [`crate::views::Saved`].
    RecordAttempt(AttemptRequest),
    /// Records an attempt that reached the person, with everything that belongs to it: [`crate::views::Saved`].
    RecordVisit(Box<VisitRequest>),
    /// Adds one record of any kind that the user may add: [`crate::views::Saved`].
    Add(AddRequest),
    /// Amends a record: [`crate::views::Saved`].
    Amend(AmendRequest),
    /// Says that a record should not have been made: [`crate::views::Saved`].
    Void {
        /// Which.
        #[ts(type = "string")]
        record: RecordId,
        /// Why.
        reason: String,
    },
    /// Chooses between recorded values: [`crate::views::Saved`].
    Choose {
        /// The record.
        #[ts(type = "string")]
        record: RecordId,
        /// The field.
        field: String,
        /// The change whose value is right.
        #[ts(type = "string")]
        claim: ChangeId,
        /// What was on the screen.
        #[ts(type = "string[]")]
        seen: Vec<ChangeId>,
    },

    /// Keeps what is being typed: [`crate::views::DraftKept`].
    SaveDraft {
        /// `visit:<person>` and the like.
        key: String,
        /// The person it is about.
        #[ts(type = "string | null")]
        person: Option<PersonId>,
        /// The form's own state.
        #[ts(type = "any")]
        body: Value,
    },
    /// What was being typed: [`crate::views::DraftView`] or nothing.
    Draft {
        /// Its key.
        key: String,
    },
    /// Lets a draft go: nothing.
    DropDraft {
        /// Its key.
        key: String,
    },

    /// What needs a look: [`crate::views::LookView`].
    NeedsALook,
    /// Corrects a refused change and sends it again under the same record: [`crate::views::Saved`].
    Correct {
        /// The refused change.
        #[ts(type = "string")]
        change: ChangeId,
        /// New values for some of its fields.
        #[ts(type = "Record<string, any>")]
        fields: Map<String, Value>,
    },

    /// Sends something from quarantine again as it is, because the reason may have gone: nothing.
    Resend {
        /// The change.
        #[ts(type = "string")]
        change: ChangeId,
    },
    /// Hands changes in quarantine over to the supervisor, with those that wait for them: nothing. They go with the
    /// next sync.
    HandOver {
        /// The changes.
        #[ts(type = "string[]")]
        changes: Vec<ChangeId>,
    },
    /// The same as a file that only the county can read: [`crate::views::SealedFile`]. Nothing is noted; `hand_over`
    /// follows when the file is saved.
    SealForCounty {
        /// The changes.
        #[ts(type = "string[]")]
        changes: Vec<ChangeId>,
    },
    /// Lets go of something that was handed over, without waiting for the county's word: nothing.
    SettleFiled {
        /// The change.
        #[ts(type = "string")]
        change: ChangeId,
    },
    /// A supervisor has taken care of work that was handed over: nothing.
    SettleHanded {
        /// The work.
        #[ts(type = "string")]
        work: ChangeId,
        /// The device that it came from.
        #[ts(type = "string | null")]
        device: Option<DeviceId>,
    },
    /// The worker has read what went to the supervisor by itself: nothing.
    AcknowledgeRehomed,

    /// Where sync stands: [`crate::views::SyncView`].
    SyncState,
    /// Syncs now: [`crate::views::SyncView`], when it is done.
    SyncNow,

    /// New events that nobody carries: [`crate::views::NewEventsView`].
    NewEvents,
    /// Gives a case to somebody: [`crate::views::Saved`].
    Assign(AssignRequest),
    /// Decides an event that needed a human look: [`crate::views::Saved`].
    DecideTriage {
        /// The event.
        #[ts(type = "string")]
        event: RecordId,
        /// A `TriageDecision` code.
        decision: String,
    },
    /// Decides whether two reports are of one person: [`crate::views::Saved`].
    DecideMatch {
        /// The event that asks.
        #[ts(type = "string")]
        event: RecordId,
        /// A `MatchDecision` code.
        decision: String,
    },
    /// Each worker's caseload: a list of [`crate::views::WorkerLoad`].
    Caseloads,
    /// Visits nobody has reviewed, oldest first: a list of [`crate::views::VisitToReview`].
    VisitsToReview,
    /// Marks a visit as reviewed: [`crate::views::Saved`].
    Review {
        /// The visit.
        #[ts(type = "string")]
        visit: RecordId,
        /// A word to the worker.
        note: Option<String>,
    },
}

/// Joins a county.
#[derive(Clone, Deserialize, Serialize, TS)]
pub struct EnrolRequest {
    /// The code, pasted or scanned.
    pub code: String,
    /// The passphrase for the new vault.
    pub passphrase: String,
    /// What to call this device.
    pub device_name: String,
}

/// A page of people.
#[derive(Clone, Deserialize, Serialize, TS)]
pub struct PeopleRequest {
    /// `open` (default) · `closed` · `all`.
    #[serde(default)]
    #[ts(optional)]
    pub filter: Option<String>,
    /// `due` (default) · `name` · `last_contact`.
    #[serde(default)]
    #[ts(optional)]
    pub order: Option<String>,
    /// Only the people this worker leads or goes along with.
    #[serde(default)]
    #[ts(optional, type = "string")]
    pub worker: Option<UserId>,
    /// `next` of the page before.
    #[serde(default)]
    #[ts(optional)]
    pub after: Option<String>,
    /// At most so many; 50 where nothing is said, 200 at most.
    #[serde(default)]
    #[ts(optional)]
    pub limit: Option<u32>,
}

/// Somebody new, perhaps known only by an alias.
#[derive(Clone, Deserialize, Serialize, TS)]
pub struct AddPersonRequest {
    /// Fields of `Person`.
    #[ts(type = "Record<string, any>")]
    pub person: Map<String, Value>,
    /// Fields of a first `Place`.
    #[serde(default)]
    #[ts(optional, type = "Record<string, any>")]
    pub place: Option<Map<String, Value>>,
    /// Fields of a first `Phone`.
    #[serde(default)]
    #[ts(optional, type = "Record<string, any>")]
    pub phone: Option<Map<String, Value>>,
    /// Fields of an `OverdoseEvent`, where one is known.
    #[serde(default)]
    #[ts(optional, type = "Record<string, any>")]
    pub event: Option<Map<String, Value>>,
}

/// An attempt that reached nobody (or only family).
#[derive(Clone, Deserialize, Serialize, TS)]
pub struct AttemptRequest {
    /// Who was looked for.
    #[ts(type = "string")]
    pub person: PersonId,
    /// Fields of `ContactAttempt`; `happened_at` is now where it is not given, `mode` follows from place or phone.
    #[ts(type = "Record<string, any>")]
    pub attempt: Map<String, Value>,
    /// The draft to let go with it.
    #[serde(default)]
    #[ts(optional)]
    pub draft: Option<String>,
}

/// An attempt that reached the person, and all that belongs to it, saved in one go.
#[derive(Clone, Deserialize, Serialize, TS)]
pub struct VisitRequest {
    /// Who.
    #[ts(type = "string")]
    pub person: PersonId,
    /// Fields of `ContactAttempt`.
    #[ts(type = "Record<string, any>")]
    pub attempt: Map<String, Value>,
    /// Fields of `Visit`. For a peer support specialist `notes` becomes a peer note.
    #[ts(type = "Record<string, any>")]
    pub visit: Map<String, Value>,
    /// Fields of a new `Place` where the person was found.
    #[serde(default)]
    #[ts(optional, type = "Record<string, any>")]
    pub place: Option<Map<String, Value>>,
    /// `SupplyHandout`s.
    #[serde(default)]
    #[ts(type = "Record<string, any>[]")]
    pub supplies: Vec<Map<String, Value>>,
    /// `Referral`s.
    #[serde(default)]
    #[ts(type = "Record<string, any>[]")]
    pub referrals: Vec<Map<String, Value>>,
    /// `StepForward`s.
    #[serde(default)]
    #[ts(type = "Record<string, any>[]")]
    pub steps: Vec<Map<String, Value>>,
    /// `FollowUp`s.
    #[serde(default)]
    #[ts(type = "Record<string, any>[]")]
    pub follow_ups: Vec<Map<String, Value>>,
    /// Follow-ups that this visit fulfils.
    #[serde(default)]
    #[ts(type = "string[]")]
    pub fulfils: Vec<RecordId>,
    /// The draft to let go with it.
    #[serde(default)]
    #[ts(optional)]
    pub draft: Option<String>,
}

/// One record more about a person.
#[derive(Clone, Deserialize, Serialize, TS)]
pub struct AddRequest {
    /// Who.
    #[ts(type = "string")]
    pub person: PersonId,
    /// Its kind: a `RecordKind` code.
    pub kind: String,
    /// Its fields.
    #[ts(type = "Record<string, any>")]
    pub fields: Map<String, Value>,
    /// When it happened in the world; now, where nothing is said.
    #[serde(default)]
    #[ts(optional, type = "number")]
    pub happened_at: Option<Millis>,
    /// The draft to let go with it.
    #[serde(default)]
    #[ts(optional)]
    pub draft: Option<String>,
}

/// A correction.
#[derive(Clone, Deserialize, Serialize, TS)]
pub struct AmendRequest {
    /// The record.
    #[ts(type = "string")]
    pub record: RecordId,
    /// The new values; `null` clears a field.
    #[ts(type = "Record<string, any>")]
    pub fields: Map<String, Value>,
    /// `RecordView.seen`, for the fields that change.
    #[serde(default)]
    #[ts(type = "Record<string, string[]>")]
    pub seen: BTreeMap<String, Vec<ChangeId>>,
    /// Why; needed for a signed record.
    #[serde(default)]
    #[ts(optional)]
    pub reason: Option<String>,
    /// The draft to let go with it.
    #[serde(default)]
    #[ts(optional)]
    pub draft: Option<String>,
}

/// Who shall carry a case.
#[derive(Clone, Deserialize, Serialize, TS)]
pub struct AssignRequest {
    /// The person.
    #[ts(type = "string")]
    pub person: PersonId,
    /// The case.
    #[ts(type = "string")]
    pub case: RecordId,
    /// Who leads.
    #[ts(type = "string")]
    pub lead: UserId,
    /// Who goes along.
    #[ts(type = "string | null")]
    pub partner: Option<UserId>,
}
