//! Who may do what to what: one table, used by sync, REST and reports, and by the tests that enumerate it.
//!
//! Deny by default: an action that the table does not grant is refused, and a refusal looks like "not found".
//! [`table`] holds the rows; here are the words they are written in and the one question that is asked.

use crate::codes::{CodeList, Role};
use crate::records::RecordKind;

mod table;

/// The things that are protected. Several record kinds may be one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Object {
    /// Names, birth date, contact preferences.
    PersonIdentity = 0,
    /// Places and telephone numbers.
    Address = 1,
    /// Case, follow-up, step forward, supply hand-out, referral that is not Part 2.
    Case = 2,
    /// Review mark.
    ReviewMark = 3,
    /// Choosing between recorded values.
    ConflictChoice = 4,
    /// Scene-safety alert, free of anything about substance use.
    SafetyAlert = 5,
    /// Overdose event.
    OverdoseEvent = 6,
    /// Visit and contact attempt.
    Visit = 7,
    /// A peer's free text.
    PeerNote = 8,
    /// Part 2 record, treatment referral under 42 CFR Part 2.
    Part2 = 9,
    /// Consent and its revocation.
    Consent = 10,
    /// Who carries a case.
    Assignment = 11,
    /// De-identified counts.
    AggregateReport = 12,
    /// Export or disclosure that names people.
    IdentifiedExport = 13,
    /// Audit log.
    AuditLog = 14,
    /// User and role.
    User = 15,
    /// Device, lease, revocation.
    Device = 16,
    /// Recovery code.
    RecoveryCode = 17,
    /// Backup and restore.
    Backup = 18,
    /// The county's configuration, its teams and the names of its staff.
    Configuration = 19,
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Read.
    Read,
    /// Create.
    Create,
    /// Amend: append-only.
    Amend,
    /// Void.
    Void,
    /// Disclose or export.
    Disclose,
    /// Assign or approve.
    Assign,
}

/// To whom a thing must be near for a grant to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// I am lead or partner of the case.
    Own,
    /// My shift. Grants nothing until shifts exist.
    Shift,
    /// My team serves the person.
    Team,
    /// My agency. One agency per county so far: any person of the county.
    Agency,
    /// Anything of the county.
    County,
    /// De-identified only: never a person's record.
    DeIdentified,
    /// My own acts, devices or requests.
    Mine,
}

/// One grant: these actions within this scope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grant {
    /// What is granted.
    pub actions: &'static [Action],
    /// Within which scope.
    pub scope: Scope,
    /// Whether a reader outside the team that serves the person needs live consent.
    pub consent: bool,
    /// Whether a second approver is needed.
    pub second: bool,
}

/// How the reader stands to the thing, worked out from the county's own records at the moment of the question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nearness {
    /// Lead or partner of the person's case.
    pub own: bool,
    /// The reader's team serves the person.
    pub team: bool,
    /// The reader created the thing or is its subject (own device, own acts).
    pub mine: bool,
    /// The author of one of the values in question (for a conflict choice).
    pub author: bool,
    /// A live consent names the reader and the purpose.
    pub consent: bool,
    /// A second approver has agreed.
    pub second: bool,
}

/// All objects, in the order of their numbers.
pub const OBJECTS: [Object; 20] = {
    use Object::*;
    [
        PersonIdentity,
        Address,
        Case,
        ReviewMark,
        ConflictChoice,
        SafetyAlert,
        OverdoseEvent,
        Visit,
        PeerNote,
        Part2,
        Consent,
        Assignment,
        AggregateReport,
        IdentifiedExport,
        AuditLog,
        User,
        Device,
        RecoveryCode,
        Backup,
        Configuration,
    ]
};

/// All actions.
pub const ACTIONS: [Action; 6] =
    [Action::Read, Action::Create, Action::Amend, Action::Void, Action::Disclose, Action::Assign];

impl Object {
    /// The object a record kind belongs to. A kind that this version does not know has none.
    pub fn of(kind: &RecordKind) -> Option<Object> {
        Some(match kind {
            RecordKind::Person | RecordKind::Alias => Object::PersonIdentity,
            RecordKind::Place | RecordKind::Phone => Object::Address,
            RecordKind::OverdoseEvent => Object::OverdoseEvent,
            RecordKind::Case
            | RecordKind::FollowUp
            | RecordKind::StepForward
            | RecordKind::SupplyHandout
            | RecordKind::Referral => Object::Case,
            RecordKind::Assignment => Object::Assignment,
            RecordKind::ContactAttempt | RecordKind::Visit => Object::Visit,
            RecordKind::PeerNote => Object::PeerNote,
            RecordKind::SafetyNote => Object::SafetyAlert,
            RecordKind::ReviewMark => Object::ReviewMark,
            RecordKind::Team | RecordKind::Staff | RecordKind::CountySettings => Object::Configuration,
            RecordKind::Other(_) => return None,
        })
    }

    /// Its bit in a set of objects.
    pub fn bit(self) -> u32 {
        1 << self as u8
    }

    /// From its number.
    pub fn from_number(number: u8) -> Option<Object> {
        OBJECTS.get(usize::from(number)).copied()
    }
}

/// The one question: may somebody of this role, standing so near, do this to that?
pub fn allows(role: &Role, action: Action, object: Object, near: Nearness) -> bool {
    table::grants(role, object).iter().any(|grant| {
        grant.actions.contains(&action)
            && (!grant.consent || near.own || near.team || near.consent)
            && (!grant.second || near.second)
            && match grant.scope {
                Scope::Own => near.own,
                Scope::Team => near.team,
                Scope::Agency | Scope::County => true,
                Scope::Mine => near.mine,
                Scope::Shift | Scope::DeIdentified => false,
            }
    })
}

/// Whether somebody may choose between recorded values of a field: the author of one, the lead of the case, or the
/// team's supervisor.
pub fn may_choose(role: &Role, lead: bool, near: Nearness) -> bool {
    match role {
        Role::PeerSupport | Role::Ems | Role::Clinician => near.author || lead,
        _ => allows(role, Action::Create, Object::ConflictChoice, near),
    }
}

/// The objects of a person that a reader may see, as a set of [`Object::bit`]s.
pub fn readable(role: &Role, near: Nearness) -> u32 {
    let seen = OBJECTS.iter().filter(|object| allows(role, Action::Read, **object, near));
    seen.fold(0, |set, object| set | object.bit())
}

/// The grants of a role on an object, for reports and for the tests that enumerate the table.
pub fn grants(role: &Role, object: Object) -> &'static [Grant] {
    table::grants(role, object)
}

/// All roles that this version knows.
pub fn roles() -> impl Iterator<Item = Role> {
    Role::CODES.iter().map(|code| Role::from_code(code))
}
