//! A record is the fold of its changes.
//!
//! Per field the highest effective stamp wins, ties by change id. The fold is over a *set* of (change, stamp), so any
//! order and any repetition of delivery gives the same record. A field is **in conflict** while more than one change,
//! with different values, was seen by no other change of that field: the fold still picks a winner, and every rival
//! stays visible until somebody makes a choice, which is a change that saw them all.

use crate::{Change, ChangeId, Millis, Op, Stamp, UserId};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One value that somebody gave to a field.
#[derive(Clone, PartialEq)]
pub struct Claim {
    /// The change that says so.
    pub change: ChangeId,
    /// Its stamp.
    pub stamp: Stamp,
    /// Who said so.
    pub author: UserId,
    /// When, in the world.
    pub happened_at: Millis,
    /// The value.
    pub value: Value,
}

/// A field of a folded record.
#[derive(Clone, PartialEq)]
pub struct FoldedField {
    /// The claims that no other change of this field has seen, newest first. The first one wins.
    pub claims: Vec<Claim>,
}

impl FoldedField {
    /// The value that counts.
    pub fn value(&self) -> &Value {
        &self.claims[0].value
    }

    /// Whether somebody needs to have a look: unseen claims with different values.
    pub fn in_conflict(&self) -> bool {
        self.claims.iter().any(|claim| claim.value != self.claims[0].value)
    }

    /// What a change made from a screen that shows this field has seen.
    pub fn seen(&self) -> Vec<ChangeId> {
        self.claims.iter().map(|claim| claim.change).collect()
    }
}

/// A record as it stands.
#[derive(Clone, Default, PartialEq)]
pub struct Folded {
    /// Its fields.
    pub fields: BTreeMap<String, FoldedField>,
    /// Whether its `create` has arrived.
    pub created: bool,
    /// The stamp of its first statement and of its latest.
    pub first: Stamp,
    /// See `first`.
    pub last: Stamp,
    /// Whether somebody said that it should not have been recorded.
    pub voided: bool,
}

impl Folded {
    /// The values that count, for [`crate::Record::from_values`]. Cleared fields are left out.
    pub fn values(&self) -> Map<String, Value> {
        let set = self.fields.iter().filter(|(_, field)| !field.value().is_null());
        set.map(|(name, field)| (name.clone(), field.value().clone())).collect()
    }

    /// The names of the fields that need a look.
    pub fn conflicts(&self) -> Vec<&str> {
        let rival = self.fields.iter().filter(|(_, field)| field.in_conflict());
        rival.map(|(name, _)| name.as_str()).collect()
    }
}

/// Folds the changes of one record, each with the stamp that counts for it.
pub fn fold<'a>(changes: impl IntoIterator<Item = (&'a Change, Stamp)>) -> Folded {
    let mut by_id: BTreeMap<ChangeId, (&Change, Stamp)> = BTreeMap::new();
    for (change, stamp) in changes {
        by_id.insert(change.id, (change, stamp));
    }
    let mut folded = Folded::default();
    let mut claims: BTreeMap<&str, Vec<Claim>> = BTreeMap::new();
    // Per field and change: the latest change that saw it.
    let mut seen_by: BTreeMap<(&str, ChangeId), (Stamp, ChangeId)> = BTreeMap::new();
    for (change, stamp) in by_id.values() {
        folded.created |= change.op == Op::Create;
        folded.voided |= change.op == Op::Void;
        folded.last = folded.last.max(*stamp);
        folded.first = if folded.first == Stamp(0) { *stamp } else { folded.first.min(*stamp) };
        for (name, set) in &change.fields {
            for seen in &set.seen {
                let latest = seen_by.entry((name, *seen)).or_insert((*stamp, change.id));
                *latest = (*latest).max((*stamp, change.id));
            }
            claims.entry(name).or_default().push(Claim {
                change: change.id,
                stamp: *stamp,
                author: change.author,
                happened_at: change.happened_at,
                value: set.value.clone(),
            });
        }
    }
    for (name, mut unseen) in claims {
        // Only a later change can have seen an earlier one. A seen id that the county did not know when it gave the
        // stamps therefore counts as unseen, and the newest claim always stands.
        unseen.retain(|claim| {
            seen_by.get(&(name, claim.change)).is_none_or(|by| *by <= (claim.stamp, claim.change))
        });
        unseen.sort_by_key(|claim| std::cmp::Reverse((claim.stamp, claim.change)));
        folded.fields.insert(name.to_owned(), FoldedField { claims: unseen });
    }
    folded
}
