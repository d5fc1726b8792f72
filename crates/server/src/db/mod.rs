//! The county's database, in operations rather than statements: each implementation has SQL of its own.
//!
//! Every operation is one transaction. Decisions and plans are made by the pure functions of [`crate::decide`] and
//! [`crate::pull::plan`], inside the transaction, on what was loaded in it.

use crate::decide::Page;
use async_trait::async_trait;
use domain::caseload::Member;
use domain::{DeviceId, Millis, PersonId, UserId};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use std::collections::BTreeSet;
use sync::wire::{HeldDigest, Wanted};
use tokio::sync::mpsc::{Receiver, Sender};

pub mod archive;
mod audit;
mod due;
mod frame;
mod logged;
mod own;
pub mod postgres;
mod rows;
mod seen;
mod settled;
pub mod sqlite;

pub use audit::AuditRow;
pub(crate) use frame::epoch_above;
pub use rows::*;

/// What went wrong with the database. Carries no data of the people in it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The key does not open it, or it is no county database.
    #[error("the county's key does not open this database")]
    WrongKey,
    /// There is none yet.
    #[error("there is no county here yet; run `init` first")]
    Missing,
    /// There is one already.
    #[error("there is a county here already")]
    Exists,
    /// A newer version has changed its tables.
    #[error("the database cannot be brought to this version")]
    Migration(#[source] Box<refinery::Error>),
    /// Another process holds it for too long.
    #[error("the database is busy")]
    Busy,
    /// The disk is full or broken, or something is wrong with a statement.
    #[error("the database failed")]
    Sqlite(#[source] rusqlite::Error),
    /// PostgreSQL refused a statement. Its words may quote values, so only its code is kept.
    #[error("the database failed")]
    Postgres {
        /// The SQLSTATE.
        code: String,
    },
    /// The line to PostgreSQL is down, or it takes no work now.
    #[error("the database cannot be reached")]
    Unreachable,
    /// The address of a database is not usable.
    #[error("the database's address is not usable: {0}")]
    Address(&'static str),
    /// Row-level security would not hold for the role in the address.
    #[error("the database must be opened by a role of the server's own, but with this one {0}")]
    Role(&'static str),
    /// The tables are of a newer version.
    #[error("the database's tables are of a newer version of this program")]
    SchemaNewer,
    /// The tables are of an older version.
    #[error("the database's tables are of an older version; run `migrate` as their owner")]
    SchemaOlder,
    /// What is stored cannot be read by this version.
    #[error("something in the database cannot be read")]
    Unreadable,
    /// The reader of a pull lost the admission, or has another role or team, while it ran.
    #[error("the reader is not who they were when this began")]
    NoLongerReads,
    /// Another report was taken in after what this one follows from was looked up.
    #[error("another import came first")]
    Overtaken,
    /// A task was given up.
    #[error("the work was given up")]
    GivenUp,
    /// The tables are not those of this version.
    #[error("the database has tables of another version")]
    OtherSchema,
}

impl DbError {
    /// Why, for the log: the database's own code and nothing that it quotes, which may be what somebody recorded.
    pub fn cause(&self) -> String {
        match self {
            Self::Sqlite(error) => match error.sqlite_error() {
                Some(error) => format!("sqlite {}", error.extended_code),
                None => "sqlite: a value of another type".to_owned(),
            },
            Self::Postgres { code } => format!("postgres {code}"),
            _ => String::new(),
        }
    }
}

/// How busy the connections of this process to its database are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pool {
    /// How many there are.
    pub size: usize,
    /// How many of them are at work.
    pub busy: usize,
    /// How many tasks wait for one.
    pub waiting: usize,
}

/// A new record of waiting times: from a tenth of a millisecond to some seconds.
pub fn waits() -> Histogram {
    Histogram::new(exponential_buckets(0.000_1, 4.0, 9))
}

/// How often one enrolment code may be tried.
const MAX_TRIES: i64 = 5;
/// The county's own records are summed under this.
const NOBODY: [u8; 16] = [0; 16];

/// Shorthand.
pub type Result<T> = std::result::Result<T, DbError>;

/// The county's database.
#[async_trait]
pub trait Database: Send + Sync + 'static {
    /// Whether it answers, and its tables are those of this version.
    ///
    /// # Errors
    /// [`DbError::OtherSchema`], or why it does not answer.
    async fn ready(&self) -> Result<()>;
    /// How busy its connections are.
    fn pool(&self) -> Pool;
    /// How long work has waited for a connection, in seconds.
    fn waits(&self) -> Histogram;

    /// The county itself.
    async fn county(&self) -> Result<County>;
    /// A note that processes leave each other, such as the public address.
    async fn setting(&self, name: &'static str) -> Result<Option<String>>;
    /// Writes one.
    async fn set_setting(&self, name: &'static str, value: String) -> Result<()>;

    /// A device with the member whose it is.
    async fn device(&self, device: DeviceId) -> Result<Option<(DeviceRow, MemberRow)>>;
    /// All devices, with their members.
    async fn devices(&self) -> Result<Vec<(DeviceRow, MemberRow)>>;
    /// Ends a device's admission and its sessions; false when there is no such device.
    async fn revoke(&self, device: DeviceId, now: Millis) -> Result<bool>;
    /// Keeps a session by the hash of its token.
    async fn open_session(
        &self,
        device: DeviceId,
        hash: [u8; 32],
        now: Millis,
        expires: Millis,
    ) -> Result<()>;
    /// Whether a session of this device runs.
    async fn has_session(&self, device: DeviceId, hash: [u8; 32], now: Millis) -> Result<bool>;
    /// Which processes take each other's nonces: those that also know which are spent.
    fn nonce_scope(&self) -> [u8; 16];
    /// Notes that a nonce is spent, until it expires (seconds since 1970); false when it was spent before.
    async fn spend_nonce(&self, nonce: [u8; 12], now: i64, expires: i64) -> Result<bool>;
    /// Keeps an enrolment code by the hash of its secret.
    async fn add_enrolment(&self, hash: [u8; 32], user: UserId, expires: Millis) -> Result<()>;
    /// Admits a device by a code.
    async fn enrol(&self, ask: Enrolment) -> Result<EnrolOutcome>;

    /// The members.
    async fn members(&self) -> Result<Vec<MemberRow>>;
    /// The teams.
    async fn teams(&self) -> Result<Vec<TeamRow>>;

    /// Notes a device that shows a certificate of this county and is not known here: it waits to be admitted again.
    async fn wait_for_readmission(&self, device: DeviceRow) -> Result<()>;
    /// Those who wait.
    async fn waiting(&self) -> Result<Vec<WaitingRow>>;
    /// Admits one of them again; `None` when none of this id waits, or its user is not known here.
    async fn readmit(&self, device: DeviceId) -> Result<Option<MemberRow>>;

    /// Counts a new epoch and ends all sessions: every device offers what it holds before it is told anything. With
    /// `met`, a token's epoch and number, only if this county has never given such a token, and then an epoch above
    /// both. By the time it is `now` it is also above every epoch that another life of this county may have counted.
    /// Returns the epoch that counts now.
    async fn new_epoch(&self, met: Option<(u32, u64)>, now: Millis) -> Result<u32>;
    /// What the county wants of what a device says it holds: everything of whoever is not its user's now, and of the
    /// others what the county has not, or has otherwise. Nothing once the device has begun a pull in this epoch.
    async fn wanted(&self, device: DeviceId, member: Member, held: Vec<HeldDigest>) -> Result<Vec<Wanted>>;

    /// Decides a page and keeps what it brings. `report` is stored in the same transaction, for imports; it answers
    /// [`DbError::Overtaken`], and keeps nothing, where another one was taken in since `report.seen`.
    async fn accept(&self, page: Page, report: Option<Taken>) -> Result<Outcome>;

    /// Notes the contact, plans the pull and writes down what the device is told.
    async fn begin_pull(&self, ask: PullAsk) -> Result<Begun>;
    /// The county's own records in a range of numbers.
    async fn county_records(&self, from: u64, to: u64) -> Result<Vec<Delivery>>;
    /// Histories, from the start of `ask.entering`, as much as fits a frame. As the two that follow, it answers
    /// [`DbError::NoLongerReads`] when, in the same transaction, the device is not admitted any more or its user is not
    /// who `ask.member` says.
    async fn histories(&self, ask: HistoryAsk) -> Result<HistoryPart>;
    /// What is new about people held, as much as fits a frame.
    async fn feed(&self, ask: FeedAsk) -> Result<FeedPart>;
    /// The last frame, read in one transaction.
    async fn last_frame(&self, ask: FeedAsk) -> Result<LastPart>;
    /// Notes people of whom something was left out of a frame that counts as whole: should they come back, their
    /// histories are sent anew.
    async fn missed(&self, device: DeviceId, people: BTreeSet<PersonId>) -> Result<()>;

    /// People of a member's caseload after `after`, by id, with the objects they may see.
    async fn people(&self, member: Member, after: Option<PersonId>, limit: u32) -> Result<Vec<PersonRow>>;
    /// What a member may see of a person, oldest first, after a number; `None` when the person is not theirs.
    async fn changes_of(
        &self,
        member: Member,
        person: PersonId,
        after: u64,
        limit: u32,
    ) -> Result<Option<Vec<Delivery>>>;

    /// Reports of one incident: same number, same agency.
    async fn reports_of_incident(&self, agency: String, incident: String) -> Result<Vec<ReportRow>>;
    /// All reports that speak of one event.
    async fn reports_of_event(&self, event: domain::RecordId) -> Result<Vec<ReportRow>>;
    /// One report by its own id.
    async fn report(&self, agency: String, report: String) -> Result<Option<ReportRow>>;
    /// People whose full name and birth date are exactly these, with their latest event.
    async fn same_name(&self, full_name: String, birth_date: String) -> Result<Vec<PersonId>>;
    /// The changes of one person of one kind, for the county's own purposes.
    async fn changes_of_kind(
        &self,
        person: Option<PersonId>,
        kind: domain::RecordKind,
    ) -> Result<Vec<(domain::Change, domain::Stamp)>>;

    /// Waits until anything was committed, by this process or another: until the number of what was is no longer
    /// `seen`. Gives the new number; at once where nothing was seen yet.
    async fn changed(&self, seen: Option<i64>) -> Result<i64>;
    /// What was committed after a number. Numbers in `except` concern nobody.
    async fn concerned(&self, after: u64, except: Vec<(u64, u64)>) -> Result<Commits>;

    /// Sends every row of the county that outlives its processes, of one moment, and then the word that it was all.
    async fn export(&self, to: Sender<archive::Part>) -> Result<()>;
    /// Takes a county's rows in: all of them, or none where the last word does not come. With `replace` those that are
    /// there go first, sessions too.
    async fn import(&self, from: Receiver<archive::Part>, replace: bool) -> Result<()>;

    /// Keeps a refusal.
    async fn audit(&self, row: AuditRow) -> Result<()>;
    /// The last refusals, newest first.
    async fn audited(&self, limit: u32) -> Result<Vec<AuditRow>>;

    /// Looks for damage.
    async fn check(&self) -> Result<CheckReport>;
}
