//! What a page needs to know before it can be decided.

use super::{Line, Page};
use domain::{ChangeId, PersonId, RecordId, RecordKind};
use std::collections::BTreeSet;

/// The ids to load, each once.
#[derive(Debug, Default, PartialEq)]
pub struct Needs {
    /// The page's own changes: are they known already?
    pub own: BTreeSet<ChangeId>,
    /// Changes that were seen: their stamps.
    pub seen: BTreeSet<ChangeId>,
    /// Records of which several claims were seen for one field: how they stand, to judge a choice.
    pub choices: BTreeSet<RecordId>,
    /// Records spoken of.
    pub records: BTreeSet<RecordId>,
    /// People spoken of.
    pub people: BTreeSet<PersonId>,
    /// Whether work is handed over: what of the device's waits already.
    pub quarantine: bool,
}

impl Needs {
    /// Collects what `page` needs.
    pub fn of(page: &Page) -> Self {
        let mut needs = Self::default();
        for line in &page.lines {
            match line {
                Line::Change(change, _) => {
                    needs.own.insert(change.id);
                    needs.records.insert(change.record);
                    needs.people.extend(change.person);
                    for field in change.fields.values() {
                        needs.seen.extend(&field.seen);
                        if field.seen.len() > 1 {
                            needs.choices.insert(change.record);
                        }
                    }
                    if matches!(change.kind, RecordKind::Assignment | RecordKind::Case) {
                        // Who made the person decides whether a worker may carry them.
                        needs.records.extend(change.person.map(RecordId::from));
                    }
                    for name in ["case", "team"] {
                        let named = change.fields.get(name).and_then(|field| field.value.as_str());
                        needs.records.extend(named.and_then(|id| id.parse::<RecordId>().ok()));
                    }
                }
                Line::Proven(proven) | Line::Again(proven) => {
                    needs.own.insert(proven.change.id);
                }
                Line::Copy(_, copied) => needs.own.extend(copied.iter().map(|proven| proven.change.id)),
                // Another process may have understood it.
                Line::Unreadable(id, _) => {
                    needs.own.insert(*id);
                }
                Line::HandOver(_) => needs.quarantine = true,
                Line::Letter(_) | Line::Settle(_) => {}
            }
        }
        needs
    }
}
