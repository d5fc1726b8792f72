//! The rest of a county: other workers' people, written straight into the database.
//!
//! Rows are as the county writes them, but for the text of the changes, which nobody here may read, and for the sums,
//! which nobody compares.

use crate::bench::load::{Base, Loaded};
use std::path::Path;

mod embedded;
mod postgres;

/// Changes of each person.
const EACH: u64 = 50;
/// People of each worker.
const CASELOAD: u64 = 40;
/// A change is as long as a short note makes it.
const LENGTH: usize = 220;

/// What a person's changes are, in order; the rest are attempts and visits in turns.
const FIRST: [(&str, u8); 3] = [("person", 0), ("case", 2), ("assignment", 11)];
/// The change that puts a person into a caseload.
const CASE: u64 = 2;
/// The objects of a person of which there is a sum.
const SUMS: u64 = 4;

/// Fills the county up to `size` changes. Its server must not run.
///
/// # Errors
/// The database's.
pub(super) async fn fill(loaded: &Loaded, folder: &Path, size: u64) -> anyhow::Result<()> {
    match loaded.base() {
        Base::Embedded => embedded::fill(loaded, folder, size),
        Base::Postgres => postgres::fill(loaded, size).await,
    }
}

/// One change, and where it belongs.
struct Row {
    id: [u8; 16],
    kind: &'static str,
    object: u8,
    person: [u8; 16],
    team: [u8; 16],
    lead: [u8; 16],
    device: [u8; 16],
    /// Whether it comes with a row of the caseload and of what the lead's device was told.
    carried: bool,
    /// Whether it comes with a sum.
    summed: bool,
}

impl Row {
    /// The change of this number.
    fn of(seq: u64) -> Self {
        let (person, step) = (seq / EACH, seq % EACH);
        let worker = person / CASELOAD;
        let (kind, object) = match FIRST.get(step as usize) {
            Some(first) => *first,
            None => (if step.is_multiple_of(2) { "visit" } else { "contact_attempt" }, 7),
        };
        Self {
            id: id(0, seq),
            kind,
            object,
            person: id(1, person),
            team: id(4, worker / 10),
            lead: id(2, worker),
            device: id(3, worker),
            carried: step == CASE,
            summed: step < SUMS,
        }
    }
}

/// An id that sorts by its number, as ids of one age do.
fn id(kind: u8, n: u64) -> [u8; 16] {
    let mut id = [0; 16];
    id[0] = 1;
    id[1..9].copy_from_slice(&n.to_be_bytes());
    id[9] = kind;
    // The end of a real id is chance.
    id[10..16].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[..6]);
    id
}
