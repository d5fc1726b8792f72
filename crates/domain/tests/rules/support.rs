//! Short ways to say who changed what, having seen what.

use domain::change::{Change, FieldChange, Op};
use domain::merge::Folded;
use domain::{ChangeId, DeviceId, Millis, PersonId, RecordId, RecordKind, Stamp, UserId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A moment in September 2026, on which all the histories here begin.
pub const NOW: Millis = Millis(1_790_000_000_000);

pub fn change_id(n: u128) -> ChangeId {
    ChangeId(Uuid::from_u128(n))
}

pub fn device(n: u128) -> DeviceId {
    DeviceId(Uuid::from_u128(0xd0 << 64 | n))
}

pub fn record(n: u128) -> RecordId {
    RecordId(Uuid::from_u128(0xec << 64 | n))
}

/// An amendment of the one person that these tests speak of, without any field yet.
pub fn amend(id: u128, stamp: u64) -> Change {
    Change {
        id: change_id(id),
        record: record(0),
        kind: RecordKind::Person,
        person: Some(PersonId(record(0).0)),
        op: Op::Amend,
        author: UserId(Uuid::from_u128(7)),
        device: device(1),
        stamp: Stamp(stamp),
        happened_at: NOW,
        reason: None,
        fields: BTreeMap::new(),
    }
}

/// The same change, setting one field more.
pub fn set(mut change: Change, field: &str, value: impl Into<Value>, seen: &[ChangeId]) -> Change {
    change.fields.insert(field.to_owned(), FieldChange { value: value.into(), seen: seen.to_vec() });
    change
}

/// The same change, as a `create`.
pub fn create(mut change: Change) -> Change {
    change.op = Op::Create;
    change
}

/// Folds changes that all count by their own stamps.
pub fn fold_raw<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Folded {
    domain::fold(changes.into_iter().map(|change| (change, change.stamp)))
}

/// The values that count, as one JSON object: easy to compare and to print in a test.
pub fn values(folded: &Folded) -> Value {
    json!(folded.values())
}
