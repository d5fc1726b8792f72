//! What really happened, kept beside the system: what was recorded, what the county has answered, what went wrong.

use crate::faults::{Fault, Faults};
use domain::{ChangeId, Millis, PersonId, Stamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// Something that a worker recorded and the device has confirmed.
#[derive(Clone, Debug)]
pub struct Said {
    /// The number of the device.
    pub device: usize,
}

/// A draft that was saved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    pub device: usize,
    pub key: String,
    pub person: Option<PersonId>,
    pub body: String,
}

/// Something that the county had accepted and lost with its machine.
pub struct Owed {
    /// The devices that had it as accepted.
    pub holders: BTreeSet<usize>,
    /// The stamp that counts, where everybody who has it has heard of it.
    pub stamp: Option<Stamp>,
}

#[derive(Default)]
pub struct Ledger {
    pub said: BTreeMap<ChangeId, Said>,
    /// What the county has committed, with what it will answer, and when it came.
    pub accepted: BTreeMap<ChangeId, (u64, Stamp, Millis)>,
    /// The latest body of each draft.
    pub drafts: BTreeMap<(usize, String), Kept>,
    /// Refused changes that a correction has replaced, by device.
    pub corrected: BTreeSet<(usize, ChangeId)>,
    /// Changes that no county knows the kind of.
    pub unknown_kinds: BTreeSet<ChangeId>,
    /// What the county had before it came back from a backup.
    pub owed: BTreeMap<ChangeId, Owed>,
    /// What was handed over and was in no backup, as id and body: only a device that still has it can bring it.
    pub unpromised: BTreeSet<(Vec<u8>, String)>,
    pub faults: Faults,
    pub violations: Vec<String>,
}

/// The ledger as everybody shares it.
#[derive(Clone, Default)]
pub struct Book(Arc<Mutex<Ledger>>);

impl Book {
    pub fn open(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap()
    }

    pub fn fault(&self, fault: Fault) {
        self.open().faults.count(fault);
    }

    pub fn violation(&self, what: impl Into<String>) {
        self.open().violations.push(what.into());
    }
}
