//! Builds the changes of one thing that a worker did, to be written in one transaction.

use crate::Error;
use domain::{
    Change, ChangeId, DeviceId, FieldChange, Millis, Op, PersonId, RecordId, RecordKind, Stamp, UserId,
    validate,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a change made from a screen has seen, per field.
pub type Seen = BTreeMap<String, Vec<ChangeId>>;

/// The record that an amendment speaks of.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its id.
    pub record: RecordId,
    /// Its kind.
    pub kind: RecordKind,
    /// The person it belongs to.
    pub person: Option<PersonId>,
}

/// The changes of one thing that a worker did. Stamps are given by the store when it writes them.
pub struct Batch {
    author: UserId,
    device: DeviceId,
    now: Millis,
    happened_at: Millis,
    changes: Vec<Change>,
    records: Vec<RecordId>,
}

impl Batch {
    /// A batch by this author on this device. `happened_at` is when it happened in the world.
    pub fn new(author: UserId, device: DeviceId, now: Millis, happened_at: Millis) -> Self {
        Self { author, device, now, happened_at, changes: Vec::new(), records: Vec::new() }
    }

    /// A new record; its id is that of the change that creates it.
    ///
    /// # Errors
    /// A refusal of `domain::validate`, with its field.
    pub fn create(
        &mut self,
        kind: RecordKind,
        person: PersonId,
        fields: Map<String, Value>,
    ) -> Result<RecordId, Error> {
        let id = self.new_id();
        self.create_as(id, id.into(), kind, Some(person), fields)
    }

    /// A new person, to whom further records of this batch can belong.
    ///
    /// # Errors
    /// As [`Batch::create`].
    pub fn create_person(&mut self, fields: Map<String, Value>) -> Result<PersonId, Error> {
        let id = self.new_id();
        let person = PersonId(id.0);
        self.create_as(id, id.into(), RecordKind::Person, Some(person), fields)?;
        Ok(person)
    }

    /// The one record of an id that follows from another's, such as a case's assignment.
    ///
    /// # Errors
    /// As [`Batch::create`].
    pub fn create_with_id(
        &mut self,
        record: RecordId,
        kind: RecordKind,
        person: PersonId,
        fields: Map<String, Value>,
    ) -> Result<RecordId, Error> {
        let id = self.new_id();
        self.create_as(id, record, kind, Some(person), fields)
    }

    fn create_as(
        &mut self,
        id: ChangeId,
        record: RecordId,
        kind: RecordKind,
        person: Option<PersonId>,
        fields: Map<String, Value>,
    ) -> Result<RecordId, Error> {
        let set =
            |(name, value): (String, Value)| (name, FieldChange { value: tidy(value), seen: Vec::new() });
        let fields = fields.into_iter().map(set).filter(|(_, field)| !field.value.is_null()).collect();
        let target = Target { record, kind, person };
        self.push(id, target, Op::Create, None, fields)
    }

    /// Sets fields of a record, having seen what was on the screen.
    ///
    /// # Errors
    /// As [`Batch::create`].
    pub fn amend(
        &mut self,
        target: Target,
        fields: Map<String, Value>,
        seen: &Seen,
        reason: Option<String>,
    ) -> Result<RecordId, Error> {
        let set = |(name, value): (String, Value)| {
            let seen = seen.get(&name).cloned().unwrap_or_default();
            (name, FieldChange { value: tidy(value), seen })
        };
        let fields = fields.into_iter().map(set).collect();
        let id = self.new_id();
        self.push(id, target, Op::Amend, reason, fields)
    }

    /// Says that a record should not have been made.
    ///
    /// # Errors
    /// As [`Batch::create`].
    pub fn void(&mut self, target: Target, reason: String) -> Result<RecordId, Error> {
        let id = self.new_id();
        self.push(id, target, Op::Void, Some(reason), BTreeMap::new())
    }

    fn push(
        &mut self,
        id: ChangeId,
        target: Target,
        op: Op,
        reason: Option<String>,
        fields: BTreeMap<String, FieldChange>,
    ) -> Result<RecordId, Error> {
        let change = Change {
            id,
            record: target.record,
            kind: target.kind,
            person: target.person,
            op,
            author: self.author,
            device: self.device,
            stamp: Stamp::default(),
            happened_at: self.happened_at,
            reason: reason.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
            fields,
        };
        validate::check(&change)?;
        self.changes.push(change);
        if !self.records.contains(&target.record) {
            self.records.push(target.record);
        }
        Ok(target.record)
    }

    fn new_id(&self) -> ChangeId {
        ChangeId::new(self.now, crypto::secret::random_bytes())
    }

    /// The changes, and the records they speak of, each once, in the order of first mention.
    pub fn finish(self) -> (Vec<Change>, Vec<RecordId>) {
        (self.changes, self.records)
    }
}

/// Text without white space around it; empty text clears the field.
fn tidy(value: Value) -> Value {
    match value {
        Value::String(text) => match text.trim() {
            "" => Value::Null,
            trimmed => Value::String(trimmed.to_owned()),
        },
        other => other,
    }
}
