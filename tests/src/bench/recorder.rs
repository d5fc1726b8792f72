//! Makes changes by hand, for devices that have neither app nor vault.

use super::content::{self, fields};
use crate::demo::Dice;
use domain::records::Assignment;
use domain::{
    Change, ChangeId, DeviceId, FieldChange, Millis, Op, PersonId, RecordId, RecordKind, Stamp, TeamId,
    UserId,
};
use serde_json::{Map, Value, json};

/// Who records, and where.
#[derive(Clone, Copy, Debug)]
pub struct Recorder {
    /// The worker.
    pub user: UserId,
    /// Their device.
    pub device: DeviceId,
    /// Their team.
    pub team: Option<TeamId>,
    /// The moment.
    pub now: Millis,
}

impl Recorder {
    /// Somebody with a case that this worker leads: three changes.
    pub fn person(&self, person: PersonId) -> [Change; 3] {
        let who = fields(json!({ "alias": format!("Person {person}") }));
        let made = self.create(ChangeId(person.0), None, RecordKind::Person, person, who);
        let case = json!({ "stage": "engaged", "opened_at": self.now, "team": self.team });
        let case = self.create(self.id(), None, RecordKind::Case, person, fields(case));
        let carried = json!({ "case": case.record, "team": self.team, "lead": self.user });
        let id = Assignment::id_for(case.record);
        let carried = self.create(self.id(), Some(id), RecordKind::Assignment, person, fields(carried));
        [made, case, carried]
    }

    /// A visit: the attempt that reached the person, and what came of it.
    pub(crate) fn visit(&self, person: PersonId, dice: &mut Dice) -> [Change; 2] {
        let (_, [attempt, mut visit]) = content::visit(dice, self.now);
        let attempt = self.create(self.id(), None, RecordKind::ContactAttempt, person, attempt);
        visit.insert("attempt".to_owned(), json!(attempt.record));
        let visit = self.create(self.id(), None, RecordKind::Visit, person, visit);
        [attempt, visit]
    }

    /// A new id.
    pub fn id(&self) -> ChangeId {
        ChangeId::new(self.now, crypto::secret::random_bytes())
    }

    /// A change that creates a record, still without its stamp.
    pub fn create(
        &self,
        id: ChangeId,
        record: Option<RecordId>,
        kind: RecordKind,
        person: PersonId,
        fields: Map<String, Value>,
    ) -> Change {
        let set = |(name, value)| (name, FieldChange { value, seen: Vec::new() });
        Change {
            id,
            record: record.unwrap_or(id.into()),
            kind,
            person: Some(person),
            op: Op::Create,
            author: self.user,
            device: self.device,
            stamp: Stamp::default(),
            happened_at: self.now,
            reason: None,
            fields: fields.into_iter().map(set).collect(),
        }
    }
}
