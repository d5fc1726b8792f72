//! Makes changes in the name of the county itself.

use domain::ids::{COUNTY_DEVICE, SYSTEM_USER};
use domain::records::Record;
use domain::{Change, ChangeId, FieldChange, Folded, HybridClock, Millis, Op, PersonId, RecordId, Stamp};
use serde_json::{Map, Value};

/// Collects changes that are accepted together.
pub struct Writer {
    now: Millis,
    clock: HybridClock,
    changes: Vec<Change>,
}

impl Writer {
    /// Changes made now.
    pub fn new(now: Millis) -> Self {
        Self { now, clock: HybridClock::default(), changes: Vec::new() }
    }

    /// A new id.
    pub fn id(&self) -> ChangeId {
        ChangeId::new(self.now, crypto::secret::random_bytes())
    }

    /// Creates a record of a person, or of the county when there is none.
    pub fn create<R: Record>(&mut self, person: Option<PersonId>, record: &R) -> RecordId {
        let id = self.id();
        self.create_as(id, person, record)
    }

    /// Creates a person.
    pub fn create_person(&mut self, person: &domain::records::Person) -> PersonId {
        let id = self.id();
        self.create_as(id, Some(PersonId(id.0)), person).into()
    }

    fn create_as<R: Record>(&mut self, id: ChangeId, person: Option<PersonId>, record: &R) -> RecordId {
        self.push::<R>(id, id.into(), person, Op::Create, unseen(record.to_values()));
        id.into()
    }

    /// Amends a record with the values that differ from how it stands; nothing when none does.
    pub fn amend<R: Record>(
        &mut self,
        record: RecordId,
        person: Option<PersonId>,
        stands: &Folded,
        values: Map<String, Value>,
    ) {
        let is = stands.values();
        let differing = values.into_iter().filter(|(name, value)| match is.get(name) {
            Some(current) => current != value,
            None => !value.is_null(),
        });
        let set = |(name, value): (String, Value)| {
            let seen = stands.fields.get(&name).map(|field| field.seen()).unwrap_or_default();
            (name, FieldChange { value, seen })
        };
        let fields: Vec<_> = differing.map(set).collect();
        if !fields.is_empty() {
            let id = self.id();
            self.push::<R>(id, record, person, Op::Amend, fields);
        }
    }

    /// Amends a record with what a new report changed: the values of `after` that differ from `before`. It has seen
    /// only what the county itself said before: what a person corrected meanwhile stays visible beside it.
    pub fn amend_own<R: Record>(
        &mut self,
        record: RecordId,
        person: Option<PersonId>,
        stands: &Folded,
        (before, after): (&R, &R),
    ) {
        let (before, after) = (before.to_values(), after.to_values());
        let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let mut fields = Vec::new();
        for name in names.into_iter().filter(|name| before.get(*name) != after.get(*name)) {
            let value = after.get(name).cloned().unwrap_or(Value::Null);
            let claims = stands.fields.get(name).map(|field| field.claims.as_slice()).unwrap_or_default();
            if claims.first().is_some_and(|claim| claim.value == value) {
                continue;
            }
            let own = claims.iter().filter(|claim| claim.author == SYSTEM_USER).map(|claim| claim.change);
            fields.push((name.clone(), FieldChange { value, seen: own.collect() }));
        }
        if !fields.is_empty() {
            let id = self.id();
            self.push::<R>(id, record, person, Op::Amend, fields);
        }
    }

    fn push<R: Record>(
        &mut self,
        id: ChangeId,
        record: RecordId,
        person: Option<PersonId>,
        op: Op,
        fields: Vec<(String, FieldChange)>,
    ) {
        let stamp: Stamp = self.clock.tick(self.now);
        self.changes.push(Change {
            id,
            record,
            kind: R::KIND,
            person,
            op,
            author: SYSTEM_USER,
            device: COUNTY_DEVICE,
            stamp,
            happened_at: self.now,
            reason: None,
            fields: fields.into_iter().collect(),
        });
    }

    /// What was collected.
    pub fn finish(self) -> Vec<Change> {
        self.changes
    }
}

fn unseen(values: Map<String, Value>) -> Vec<(String, FieldChange)> {
    values.into_iter().map(|(name, value)| (name, FieldChange { value, seen: Vec::new() })).collect()
}
