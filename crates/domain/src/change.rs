//! A change: one immutable statement about a record. Who said what, when, on which device.

use crate::codes::{CodeList, codes};
use crate::{ChangeId, DeviceId, Millis, PersonId, RecordId, RecordKind, Stamp, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

codes! {
    /// What a change does to its record.
    Op {
        /// Says that the record exists, with its first fields.
        Create = "create",
        /// Sets fields of it.
        Amend = "amend",
        /// Says that it should not have been recorded. A void is never undone.
        Void = "void",
    }
}

/// The new value of one field, and what was on the screen when it was entered.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The value; `null` clears the field.
    #[serde(rename = "v")]
    pub value: Value,
    /// The ids of all changes whose values of this field were on the screen.
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<ChangeId>,
}

/// One immutable statement about a record. Never edited, never deleted; the log of them is the history, the audit of
/// care and the unit of sync.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Its own id.
    pub id: ChangeId,
    /// The record it speaks of; equal to `id` for the `create` of a record.
    pub record: RecordId,
    /// The kind of that record.
    pub kind: RecordKind,
    /// The person the record belongs to; none for the county's own records (teams, staff).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// What it does.
    pub op: Op,
    /// Who says so.
    pub author: UserId,
    /// On which device.
    pub device: DeviceId,
    /// The device's own stamp; the county gives another that counts (see [`crate::stamp`]).
    pub stamp: Stamp,
    /// When it happened in the world. The worker may set it back: notes are written in the evening.
    pub happened_at: Millis,
    /// Why, for an amendment of a signed record and for every void.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The fields it sets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, FieldChange>,
}

impl Change {
    /// Every change whose values this one saw, in no particular order, with repetitions.
    pub fn seen(&self) -> impl Iterator<Item = ChangeId> + '_ {
        self.fields.values().flat_map(|field| field.seen.iter().copied())
    }
}

/// Shows ids only: what people recorded never reaches a log.
impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Change({} {} {} {})", self.id, self.op.code(), self.kind.code(), self.record)
    }
}

impl std::fmt::Debug for FieldChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FieldChange(saw {})", self.seen.len())
    }
}
