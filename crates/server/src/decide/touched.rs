//! Which of the tables that are folds of records a page makes stale.

use super::Accepted;
use domain::{PersonId, RecordId, RecordKind};
use std::collections::BTreeSet;

/// What is to be folded anew, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// People whose cases, or whose workers, may be others now.
    pub carried: BTreeSet<PersonId>,
    /// People who may go by another name now.
    pub named: BTreeSet<PersonId>,
    /// The county's own records.
    pub own: BTreeSet<(RecordKind, RecordId)>,
}

impl Touched {
    /// By these changes.
    pub fn by(accepted: &[Accepted]) -> Self {
        let mut touched = Self::default();
        for Accepted { change, .. } in accepted {
            match (&change.kind, change.person) {
                (RecordKind::Case | RecordKind::Assignment, Some(person)) => {
                    touched.carried.insert(person);
                }
                (RecordKind::Person, Some(person)) => {
                    touched.named.insert(person);
                }
                (kind, None) => {
                    touched.own.insert((kind.clone(), change.record));
                }
                _ => {}
            }
        }
        touched
    }
}
