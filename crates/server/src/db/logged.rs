//! What `check` looks for in the log, whichever database keeps it.

use super::{CheckReport, NOBODY};
use crypto::digest::RecordDigest;
use domain::codes::CodeList;
use domain::{Change, PersonId};
use std::collections::{BTreeMap, BTreeSet};

/// A row of the log, as its columns have it.
pub(super) struct Logged<'a> {
    pub seq: i64,
    pub id: [u8; 16],
    pub record: [u8; 16],
    pub kind: &'a str,
    pub op: &'a str,
    pub person: Option<[u8; 16]>,
    pub object: i64,
    pub device: [u8; 16],
    pub author: [u8; 16],
    pub stamp: u64,
    pub body: &'a str,
}

/// What the log comes to, row by row in the order of its numbers.
#[derive(Default)]
pub(super) struct Log {
    changes: u64,
    gaps: u64,
    unlike: u64,
    last: i64,
    sums: BTreeMap<([u8; 16], i64), (RecordDigest, i64)>,
    people: BTreeSet<PersonId>,
    unreadable: BTreeSet<PersonId>,
}

impl Log {
    /// One more row.
    pub fn take(&mut self, row: &Logged<'_>) {
        self.changes += 1;
        // Where numbers are left out, those after them are as good as before.
        self.gaps += u64::from(row.seq != self.last + 1);
        self.last = row.seq;
        let person = row.person.map(PersonId::from_bytes);
        self.people.extend(person);
        let (sum, count) = self.sums.entry((row.person.unwrap_or(NOBODY), row.object)).or_default();
        *sum += RecordDigest::entry(row.id, row.stamp);
        *count += 1;
        let said = serde_json::from_str::<Change>(row.body);
        self.unlike += u64::from(!said.as_ref().is_ok_and(|change| row.says(change)));
        if said.is_err() {
            self.unreadable.extend(person);
        }
    }

    /// Compares a sum that is kept, by person and object; none where what is kept is no sum. Gives whether it is wrong.
    pub fn is_wrong(&mut self, whose: ([u8; 16], i64), kept: Option<(RecordDigest, i64)>) -> bool {
        self.sums.remove(&whose) != kept || kept.is_none()
    }

    /// After every sum that is kept was compared: what was found. Beside it everybody whose cases can be folded, so
    /// that they can be compared with the caseload, in which `carried` are.
    pub fn end(self, carried: BTreeSet<PersonId>) -> (CheckReport, BTreeSet<PersonId>) {
        let report = CheckReport {
            changes: self.changes,
            damaged: self.gaps,
            bodies_wrong: self.unlike,
            digests_wrong: self.sums.len() as u64,
            ..CheckReport::default()
        };
        let people = self.people.into_iter().chain(carried);
        (report, people.filter(|person| !self.unreadable.contains(person)).collect())
    }
}

impl Logged<'_> {
    /// Whether the text says the same as the columns.
    fn says(&self, change: &Change) -> bool {
        change.id.bytes() == self.id
            && change.record.bytes() == self.record
            && change.kind.code() == self.kind
            && change.op.code() == self.op
            && change.person.map(|person| person.bytes()) == self.person
            && change.device.bytes() == self.device
            && change.author.bytes() == self.author
    }
}
