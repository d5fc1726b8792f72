//! What becomes of each line of a page of pushed changes: a pure function of the page and of what is known.
//!
//! The order of the lines is the order of the decisions, and a change that was accepted earlier in the page counts as
//! known to the later ones. No line ever blocks another.

use crypto::frame::Leaf;
use domain::caseload::Member;
use domain::policy::Nearness;
use domain::validate::Refusal;
use domain::{Change, ChangeId, DeviceId, Millis, PersonId, RecordId, RecordKind, Stamp, UserId};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use sync::wire::{Answer, HandOver, Settle, Verdict};

mod needs;
mod offered;
mod parse;
mod rules;
mod touched;
mod walk;

pub use needs::Needs;
pub use offered::{LineReader, NOT_PROVEN, Proven};
pub use parse::{parse_change, parse_line};
pub use touched::Touched;
pub use walk::{decide, takes_care};

/// Who pushes.
#[derive(Clone, Debug)]
pub enum Author {
    /// A member, on an enrolled device.
    Device {
        /// Who, as the county knows them at this moment.
        member: Member,
        /// Where.
        device: DeviceId,
    },
    /// The county itself: imports and administration.
    County,
}

impl Author {
    /// The user that the changes must name.
    pub fn user(&self) -> UserId {
        match self {
            Author::Device { member, .. } => member.user,
            Author::County => domain::ids::SYSTEM_USER,
        }
    }

    /// The device that the changes must name.
    pub fn device(&self) -> DeviceId {
        match self {
            Author::Device { device, .. } => *device,
            Author::County => domain::ids::COUNTY_DEVICE,
        }
    }
}

/// One pushed line.
#[derive(Debug)]
pub enum Line {
    /// A change, with its text as the device wrote it.
    Change(Box<Change>, String),
    /// Work handed over.
    HandOver(HandOver),
    /// Work that was handed over is taken care of.
    Settle(Settle),
    /// Work that came as a file, which somebody has opened: it is kept however much waits.
    Letter(HandOver),
    /// A change that the county accepted before it was restored.
    Proven(Proven),
    /// Such a change outside of an offer: it is taken, and the device was told of nobody by it.
    Again(Proven),
    /// A sealed copy of such changes, by the id that it is answered by.
    Copy(ChangeId, Vec<Proven>),
    /// Something that cannot be read, but says what its id is.
    Unreadable(ChangeId, Verdict),
}

/// One request's worth of lines.
#[derive(Debug)]
pub struct Page {
    /// Who pushes.
    pub author: Author,
    /// When it came.
    pub received: Millis,
    /// What came, in order.
    pub lines: Vec<Line>,
    /// What else the device said of itself.
    pub contact: Option<Contact>,
}

/// What a device says of itself whenever it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// How many of its changes stay unsent.
    pub unsent: u32,
    /// How far its clock is ahead, in milliseconds.
    pub clock_offset: i64,
    /// The version of its app.
    pub app: String,
}

/// A change that the county has accepted.
#[derive(Clone, Debug)]
pub struct KnownChange {
    /// Its number.
    pub seq: u64,
    /// Its effective stamp.
    pub stamp: Stamp,
    /// Whose device made it.
    pub device: DeviceId,
    /// What stands for it in a signed frame; only of changes of the page itself.
    pub leaf: Option<Leaf>,
}

/// A record whose `create` was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownRecord {
    /// Its kind.
    pub kind: RecordKind,
    /// The person it belongs to.
    pub person: Option<PersonId>,
    /// Who created it.
    pub author: UserId,
}

/// A person, as they stand to the author of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KnownPerson {
    /// The county has told this device of them, and it has not yet confirmed forgetting them.
    pub told: bool,
    /// How near they are by the caseload of this moment.
    pub near: Nearness,
    /// Whether the author leads a case of theirs.
    pub lead: bool,
    /// Whether somebody else carries a case of theirs.
    pub others: bool,
    /// Their first case.
    pub first_case: Option<RecordId>,
}

/// What a device has handed over.
#[derive(Debug, Default)]
pub struct Quarantine {
    /// All of it.
    pub ids: HashSet<ChangeId>,
    /// How much of it waits for a look.
    pub waiting: usize,
    /// Bytes of that.
    pub bytes: usize,
}

impl Quarantine {
    /// Counts one more piece.
    pub fn add(&mut self, id: ChangeId, bytes: usize, waits: bool) {
        self.ids.insert(id);
        if waits {
            self.waiting += 1;
            self.bytes += bytes;
        }
    }
}

/// What the county knows of the things that a page speaks of: loaded inside the accepting transaction.
#[derive(Debug, Default)]
pub struct Known {
    /// The county's last number.
    pub seq: u64,
    /// Whether the county was ever restored: then it may not know any more what it had told a device.
    pub restored: bool,
    /// The same device's latest effective stamp.
    pub device_stamp: Option<Stamp>,
    /// Changes of the page, and changes that they saw.
    pub changes: HashMap<ChangeId, KnownChange>,
    /// Refusals given to this device before.
    pub refused: HashMap<ChangeId, Refusal>,
    /// Records that the page speaks of.
    pub records: HashMap<RecordId, KnownRecord>,
    /// All accepted changes of the records in which the page may choose between values.
    pub choices: HashMap<RecordId, Vec<(Change, Stamp)>>,
    /// People whose `create` was accepted.
    pub people: HashMap<PersonId, KnownPerson>,
    /// What this device has handed over; only where the page hands over more.
    pub quarantine: Quarantine,
}

/// A change to keep.
#[derive(Debug)]
pub struct Accepted {
    /// Its number.
    pub seq: u64,
    /// Its effective stamp.
    pub stamp: Stamp,
    /// The number of its policy object.
    pub object: u8,
    /// The change.
    pub change: Change,
    /// Its text.
    pub raw: String,
}

/// What is to be done with a page.
#[derive(Debug, Default)]
pub struct Decided {
    /// One answer per line, in order.
    pub answers: Vec<Answer>,
    /// What the answers that say `Accepted` are signed over, in their order.
    pub leaves: Vec<Leaf>,
    /// Changes to keep.
    pub accepted: Vec<Accepted>,
    /// Refusals to remember.
    pub refused: BTreeMap<ChangeId, Refusal>,
    /// Those of them that were given before.
    pub repeated: BTreeSet<ChangeId>,
    /// Work for the quarantine.
    pub handed_over: Vec<HandOver>,
    /// Work of the quarantine that the author has taken care of, as far as they may see it.
    pub settled: BTreeSet<(Option<DeviceId>, ChangeId)>,
    /// People that this device made: it holds what it said of them.
    pub made: BTreeSet<PersonId>,
    /// People of whom this device brought what the county had told it, and which objects: so it was told of them.
    pub shown: BTreeMap<PersonId, u32>,
    /// The county's last number afterwards.
    pub seq: u64,
}

#[cfg(test)]
mod tests;
