//! What the operations of the database take and give.

use crate::decide::Contact;
use crate::pull::plan::{Entering, Plan};
use crate::token::Token;
use domain::caseload::Member;
use domain::codes::Role;
use domain::{ChangeId, CountyId, DeviceId, Millis, PersonId, RecordId, Stamp, TeamId, UserId};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use sync::wire::{Answer, DeviceSeen, HandedOver, HeldDigest, Leave};

/// The county.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct County {
    /// Its id.
    pub id: CountyId,
    /// Its name.
    pub name: String,
    /// IANA time zone.
    pub timezone: String,
    /// Raised by every restore.
    pub epoch: u32,
    /// The last number.
    pub seq: u64,
    /// How many reports were taken in.
    pub imports: i64,
}

/// A member.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberRow {
    /// Who.
    pub user: UserId,
    /// The name shown to colleagues.
    pub name: String,
    /// What they do.
    pub role: Role,
    /// Their team.
    pub team: Option<TeamId>,
    /// Whether they work here now.
    pub active: bool,
}

impl MemberRow {
    /// As the caseload needs them.
    pub fn member(&self) -> Member {
        Member { user: self.user, role: self.role.clone(), team: self.team }
    }
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamRow {
    /// Which.
    pub team: TeamId,
    /// Its name.
    pub name: String,
}

/// An enrolled device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// Which.
    pub device: DeviceId,
    /// Whose.
    pub user: UserId,
    /// Ed25519 public key.
    pub key: [u8; 32],
    /// What its owner calls it.
    pub name: String,
    /// `linux`, `android`, …
    pub platform: String,
    /// The version of its app.
    pub app: String,
    /// Which kind of store holds its secret.
    pub secret_store: String,
    /// When it was admitted.
    pub enrolled_at: Millis,
    /// When its admission ended.
    pub revoked_at: Option<Millis>,
    /// When it was last heard of.
    pub last_contact: Option<Millis>,
    /// How many items it had unsent then.
    pub unsent: u32,
    /// Its clock minus ours then.
    pub clock_offset: i64,
}

/// Holds the reader of a pull against who they are at this moment, in the transaction that reads for them.
pub(super) fn still_reads(found: Option<(DeviceRow, MemberRow)>, reader: &Member) -> super::Result<()> {
    let admitted = found.filter(|(device, owner)| device.revoked_at.is_none() && owner.active);
    let same = admitted.is_some_and(|(_, owner)| owner.member() == *reader);
    if same { Ok(()) } else { Err(super::DbError::NoLongerReads) }
}

/// A device that asks to be admitted.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The hash of the code's secret part.
    pub hash: [u8; 32],
    /// When.
    pub now: Millis,
    /// The device as it describes itself; its user is filled in from the code.
    pub device: DeviceRow,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum EnrolOutcome {
    /// Admitted (again, when the answer was lost): the device's id and whose it is.
    Admitted(DeviceId, MemberRow),
    /// No code of ours.
    Unknown,
    /// Too late, or tried too often.
    Expired,
    /// Another device used it.
    Used,
}

/// A device that was admitted after the backup that this county was restored from, by its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingRow {
    /// The device as its certificate describes it.
    pub device: DeviceRow,
    /// The name of its user, where they are known here.
    pub user_name: Option<String>,
}

/// Whom a commit concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concerned {
    /// These.
    pub users: BTreeSet<UserId>,
    /// Everybody: the county's own records changed.
    pub everyone: bool,
}

/// What was committed after a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commits {
    /// Whom it concerns.
    pub concerned: Concerned,
    /// The last number.
    pub upto: u64,
    /// Stands for all ends of admissions but those that follow from staff records: the epoch, and how many devices were
    /// revoked. It only grows.
    pub ended: (u32, u64),
}

/// What came of a page.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// One answer per line.
    pub answers: Vec<Answer>,
    /// The numbers given, if any: first and last.
    pub numbers: Option<(u64, u64)>,
    /// What the answers that say `Accepted` are signed over, in their order.
    pub leaves: Vec<crypto::frame::Leaf>,
    /// Whom it concerns.
    pub concerned: Concerned,
}

/// What a pull starts from.
#[derive(Clone, Debug)]
pub struct PullAsk {
    /// Who asks.
    pub member: Member,
    /// On which device.
    pub device: DeviceId,
    /// The device's token.
    pub token: Option<Token>,
    /// What it has erased.
    pub forgot: Vec<Leave>,
    /// Its digests, after a difference was found.
    pub compare: Option<Vec<HeldDigest>>,
    /// The device has offered everything in this epoch: what it holds follows from `compare`, not from its token.
    pub whole: bool,
    /// When.
    pub now: Millis,
    /// What else it said of itself.
    pub contact: Contact,
}

/// A pull that has begun.
#[derive(Debug)]
pub struct Begun {
    /// What it will bring.
    pub plan: Plan,
    /// The county's last number when it began.
    pub seq: u64,
}

/// A change on its way to a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its number.
    pub seq: u64,
    /// Its id.
    pub id: ChangeId,
    /// Whose history it belongs to.
    pub person: Option<PersonId>,
    /// The number of its policy object.
    pub object: u8,
    /// The stamp by which it counts.
    pub stamp: Stamp,
    /// As its author's device wrote it.
    pub body: String,
}

/// Asks for the next part of histories.
#[derive(Clone, Debug)]
pub struct HistoryAsk {
    /// The reader, whose caseload is judged as the frame is built.
    pub member: Member,
    /// On which device.
    pub device: DeviceId,
    /// Who is still to come, in order.
    pub entering: Vec<Entering>,
    /// Up to which number.
    pub to: u64,
    /// From after which number, for the first of them.
    pub at: u64,
}

/// A part of histories.
#[derive(Debug, Default)]
pub struct HistoryPart {
    /// Per person: whether it goes on from an earlier frame, the objects, and the changes.
    pub people: Vec<(PersonId, u32, bool, Vec<Delivery>)>,
    /// Who is complete now, in order; people who left the caseload meanwhile count as passed, not as complete.
    pub complete: Vec<PersonId>,
    /// How many of the asked-for people are behind us.
    pub passed: usize,
    /// Where the next person's history goes on; 0 at its start.
    pub at: u64,
    /// Those of whom the reader may no longer see all that was asked for.
    pub missed: BTreeSet<PersonId>,
}

/// Asks for what is new about people held.
#[derive(Clone, Debug)]
pub struct FeedAsk {
    /// The reader.
    pub member: Member,
    /// Their device: its own changes were answered already.
    pub device: DeviceId,
    /// People whose history it holds, and which objects.
    pub held: Arc<HashMap<PersonId, u32>>,
    /// Leaves sent in this pull.
    pub leaves: Arc<Vec<Leave>>,
    /// The number of the pull in which histories were last begun.
    pub pull: u32,
    /// After this number.
    pub from: u64,
    /// Up to this number; ignored by the last frame.
    pub to: u64,
}

/// A part of the feed.
#[derive(Debug, Default)]
pub struct FeedPart {
    /// Changes, oldest first.
    pub changes: Vec<Delivery>,
    /// Everything up to this number is in it.
    pub upto: u64,
    /// People held of whom something is left out, because the reader may no longer see it.
    pub missed: BTreeSet<PersonId>,
}

/// The last frame.
#[derive(Debug, Default)]
pub struct LastPart {
    /// Changes, oldest first.
    pub changes: Vec<Delivery>,
    /// The county's last number in that transaction.
    pub seq: u64,
    /// Over everything that the device should hold.
    pub digest: String,
    /// Whether the caseload has changed meanwhile.
    pub more: bool,
    /// As in [`FeedPart`].
    pub missed: BTreeSet<PersonId>,
    /// For those who may see it.
    pub devices: Option<Vec<DeviceSeen>>,
    /// For those who may see it.
    pub handed_over: Option<HandedWork>,
}

/// Work that was handed over, as a supervisor is shown it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandedWork {
    /// What waits for a look, oldest first and as far as it goes into a line, then what was last taken care of.
    pub shown: Vec<HandedOver>,
    /// How much waits in all.
    pub waiting: u32,
}

/// A person in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonRow {
    /// Who.
    pub person: PersonId,
    /// What the reader may see of them.
    pub objects: u32,
    /// The changes of their identity, empty where the reader may not see it.
    pub identity: Vec<Delivery>,
}

/// What came of an imported report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// The agency's number.
    pub agency: String,
    /// The report's own id.
    pub report: String,
    /// Of its content.
    pub digest: [u8; 32],
    /// The incident's number.
    pub incident: Option<String>,
    /// When the call came.
    pub called: Millis,
    /// The person it made or joined.
    pub person: PersonId,
    /// The event.
    pub event: RecordId,
    /// The case.
    pub case: RecordId,
    /// What the next report is compared with.
    pub patient: String,
    /// When it was imported.
    pub imported: Millis,
}

/// A report that is taken in.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What is kept of it.
    pub report: ReportRow,
    /// [`County::imports`] before anything that it follows from was looked up.
    pub seen: i64,
}

/// What `check` found.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct CheckReport {
    /// How many changes there are.
    pub changes: u64,
    /// The last number.
    pub seq: u64,
    /// The version of the tables.
    pub schema: u32,
    /// Pages that fail their authentication, after which nothing else is looked at; or tables that contradict
    /// themselves, and gaps in the numbers.
    pub damaged: u64,
    /// Changes whose text cannot be read, or says something else than their row does.
    pub bodies_wrong: u64,
    /// Digests that are not the sum of their changes.
    pub digests_wrong: u64,
    /// People whose caseload rows are not the fold of their records, as far as those can be read.
    pub caseload_wrong: u64,
}

impl CheckReport {
    /// Whether nothing is wrong.
    pub fn sound(&self) -> bool {
        let wrong = [self.damaged, self.bodies_wrong, self.digests_wrong, self.caseload_wrong];
        wrong == [0; 4] && self.changes == self.seq
    }
}
