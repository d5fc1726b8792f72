//! A record as a screen shows it: what counts, what rivals it, what was amended, and whether the county has it.

use super::Reader;
use crate::views::{AmendmentView, ClaimView, RecordView};
use domain::codes::CodeList;
use domain::records::is_signed;
use domain::{Change, Folded, Millis, Op, PersonId, RecordId, RecordKind};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Where a change is on its way to the county.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// On this device only.
    Device,
    /// With the county.
    County,
    /// Refused, or waiting for something else.
    Look,
    /// In the county's quarantine, for a supervisor to look at.
    Handed,
}

/// A record with all its changes, oldest first.
pub struct Known {
    /// Its id.
    pub record: RecordId,
    /// Its kind.
    pub kind: RecordKind,
    /// The person it belongs to.
    pub person: Option<PersonId>,
    /// As it stands.
    pub folded: Folded,
    /// Its changes by stamp, each with where it is.
    pub changes: Vec<(Change, Standing)>,
}

impl Known {
    /// When it was first recorded, in the world.
    pub fn at(&self) -> Millis {
        let own = ["happened_at", "occurred_at", "offered_at", "reviewed_at"]
            .into_iter()
            .find_map(|name| self.folded.fields.get(name)?.value().as_i64().map(Millis));
        own.or_else(|| self.changes.first().map(|(change, _)| change.happened_at)).unwrap_or_default()
    }

    /// The value that counts of one field; null when it has none.
    pub fn value(&self, field: &str) -> Value {
        self.folded.fields.get(field).map_or(Value::Null, |field| field.value().clone())
    }

    /// The record as a plain struct.
    pub fn read<R: domain::Record>(&self) -> R {
        R::from_values(&self.folded.values())
    }

    /// A reference that one of its fields holds.
    pub fn reference(&self, field: &str) -> Option<RecordId> {
        self.folded.fields.get(field)?.value().as_str()?.parse().ok()
    }
}

/// Shows a record to a reader.
pub fn record_view(known: &Known, reader: &Reader) -> RecordView {
    let first = known.changes.first().map(|(change, _)| change);
    let conflicts: BTreeMap<String, Vec<ClaimView>> = known
        .folded
        .fields
        .iter()
        .filter(|(_, field)| field.in_conflict())
        .map(|(name, field)| {
            (name.clone(), field.claims.iter().map(|claim| claim_view(claim, reader)).collect())
        })
        .collect();
    RecordView {
        record: known.record,
        kind: known.kind.code().to_owned(),
        values: known.folded.values(),
        seen: known.folded.fields.iter().map(|(name, field)| (name.clone(), field.seen())).collect(),
        state: state(known, !conflicts.is_empty()).to_owned(),
        conflicts,
        at: known.at(),
        author: first.map(|change| reader.name_of(change.author)).unwrap_or_default(),
        mine: first.is_some_and(|change| change.author == reader.me.user),
        amendments: if is_signed(&known.kind) { amendments(known, reader) } else { Vec::new() },
        voided: voided(known),
    }
}

/// One recorded value, with who said so.
pub fn claim_view(claim: &domain::merge::Claim, reader: &Reader) -> ClaimView {
    ClaimView {
        change: claim.change,
        value: claim.value.clone(),
        author: reader.name_of(claim.author),
        at: claim.happened_at,
    }
}

fn state(known: &Known, in_conflict: bool) -> &'static str {
    let any = |standing| known.changes.iter().any(|(_, at)| *at == standing);
    if any(Standing::Look) || in_conflict {
        "look"
    } else if any(Standing::Device) {
        "device"
    } else if known.changes.iter().all(|(_, at)| *at == Standing::Handed) {
        "handed"
    } else {
        "county"
    }
}

fn voided(known: &Known) -> Option<String> {
    let void = known.changes.iter().find(|(change, _)| change.op == Op::Void)?;
    Some(void.0.reason.clone().unwrap_or_default())
}

fn amendments(known: &Known, reader: &Reader) -> Vec<AmendmentView> {
    let mut current: Map<String, Value> = Map::new();
    let mut out = Vec::new();
    for (change, _) in &known.changes {
        let after: Map<String, Value> =
            change.fields.iter().map(|(name, field)| (name.clone(), field.value.clone())).collect();
        if change.op == Op::Amend {
            let before =
                after.keys().filter_map(|name| Some((name.clone(), current.get(name)?.clone()))).collect();
            out.push(AmendmentView {
                at: change.happened_at,
                author: reader.name_of(change.author),
                reason: change.reason.clone().unwrap_or_default(),
                before,
                after: after.clone(),
            });
        }
        current.extend(after);
    }
    out
}
