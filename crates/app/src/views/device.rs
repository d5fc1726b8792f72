//! The device, the session and sync.

use domain::{ChangeId, DeviceId, Millis, PersonId, RecordId, TeamId, UserId};
use serde::Serialize;
use ts_rs::TS;

/// What this installation is, before anybody has unlocked it. Names no person but those who may unlock.
#[derive(Clone, Debug, Serialize, TS)]
pub struct DeviceState {
    /// The version of the app.
    pub version: String,
    /// Who can unlock it, by the name their colleagues see.
    pub vaults: Vec<VaultView>,
    /// The vault that is unlocked now.
    #[ts(type = "string | null")]
    pub unlocked: Option<UserId>,
    /// Whether the device secret lies in the operating system's keystore; `false`: in a file of this user account.
    pub os_keystore: bool,
}

/// One vault on this device.
#[derive(Clone, Debug, Serialize, TS)]
pub struct VaultView {
    /// Whose.
    #[ts(type = "string")]
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Milliseconds until a passphrase may be tried again; 0 when one may be tried now.
    #[ts(type = "number")]
    pub wait_ms: i64,
}

/// Who is working, and where.
#[derive(Clone, Debug, Serialize, TS)]
pub struct Me {
    /// The user.
    #[ts(type = "string")]
    pub user: UserId,
    /// The device.
    #[ts(type = "string")]
    pub device: DeviceId,
    /// Their name.
    pub name: String,
    /// A `Role` code.
    pub role: String,
    /// Their team.
    #[ts(type = "string | null")]
    pub team: Option<TeamId>,
    /// Its name.
    pub team_name: Option<String>,
    /// The county's name.
    pub county: String,
    /// The county's time zone, IANA.
    pub timezone: String,
    /// The corrected time now.
    #[ts(type = "number")]
    pub now: Millis,
    /// Whether this role may add somebody the team did not know.
    pub may_add_people: bool,
    /// Minutes without a touch after which the app locks itself.
    pub lock_after_minutes: u32,
}

/// Where sync stands. "Up to date" only means that the digests matched.
#[derive(Clone, Debug, Default, Serialize, TS)]
pub struct SyncView {
    /// `never` · `up_to_date` · `waiting` (unsent, or not yet compared) · `syncing` · `offline` · `trouble`.
    pub phase: String,
    /// When device and county last agreed, by the county's clock.
    #[ts(type = "number | null")]
    pub agreed_at: Option<Millis>,
    /// Changes on this device only.
    pub on_device: u32,
    /// When the oldest change was made that the county does not have.
    #[ts(type = "number | null")]
    pub oldest: Option<Millis>,
    /// Changes in quarantine, or waiting for another one.
    pub needs_a_look: u32,
    /// Changes that were handed over, and the county has not said that it has them.
    pub handed: u32,
    /// People whose records are still arriving.
    pub arriving: u32,
    /// People done and in all, while a long first sync runs.
    pub progress: Option<(u32, u32)>,
    /// While a sync runs: `connecting` until the county has answered, then `answered`.
    pub step: Option<String>,
    /// The device's clock minus the county's in milliseconds, when it is large enough to mention.
    #[ts(type = "number | null")]
    pub clock_offset: Option<i64>,
    /// The code of the last trouble.
    pub trouble: Option<String>,
    /// Whether notes are still being prepared for search.
    pub search_incomplete: bool,
}

/// Something that the county refused, that waits for another change, or that the county is too old for.
#[derive(Clone, Debug, Serialize, TS)]
pub struct QuarantineItem {
    /// The change.
    #[ts(type = "string")]
    pub change: ChangeId,
    /// The record it speaks of.
    #[ts(type = "string")]
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// `create`, `amend` or `void`.
    pub op: String,
    /// The person.
    #[ts(type = "string | null")]
    pub person: Option<PersonId>,
    /// The person's name.
    pub person_name: Option<String>,
    /// `refused`, `held` or `too_old`.
    pub state: String,
    /// For `held`: the kind of the refused record that it waits for.
    pub waits_for: Option<String>,
    /// The county's code.
    pub code: Option<String>,
    /// The field it is about.
    pub field: Option<String>,
    /// The values it sets.
    #[ts(type = "Record<string, unknown>")]
    pub values: serde_json::Map<String, serde_json::Value>,
    /// When it was recorded.
    #[ts(type = "number")]
    pub at: Millis,
    /// When it was handed over. It stays here until the county says that it has it.
    #[ts(type = "number | null")]
    pub handed_at: Option<Millis>,
}

/// Work sealed to the county, to be saved as a file.
#[derive(Clone, Debug, Serialize, TS)]
pub struct SealedFile {
    /// A name that says nothing about what is inside.
    pub name: String,
    /// Its bytes, base64.
    pub content: String,
}

/// Something that went to the supervisor by itself, because its person is no longer on this device.
#[derive(Clone, Debug, Serialize, TS)]
pub struct RehomedView {
    /// Something begun and not finished; else a change that the county had refused.
    pub draft: bool,
    /// Its kind: `visit`, `attempt`, `case`, `edit`, or a `RecordKind` code.
    pub kind: String,
    /// When.
    #[ts(type = "number")]
    pub at: Millis,
}

/// Which views are out of date: the UI reads them again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Stale {
    /// `people` · `person` · `sync` · `look` · `drafts` · `session` · `staff`.
    pub topic: String,
    /// For `person`: who.
    #[ts(type = "string | null")]
    pub person: Option<PersonId>,
}
