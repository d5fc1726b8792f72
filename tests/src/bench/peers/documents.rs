//! The harness's documents as what a worker records.
//!
//! A document is one visit: the attempt that reached the person, and the visit, which carries everything else that
//! the document says, its notes as notes and the rest as fields of their own names, which the county keeps and passes
//! on as it does with those of a newer app. Ids are the document's.

use crate::bench::content::fields;
use crate::bench::recorder::Recorder;
use anyhow::Context;
use chrono::DateTime;
use domain::{Change, ChangeId, FieldChange, Millis, Op, PersonId, RecordKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// One document.
#[derive(Deserialize)]
pub struct Document {
    id: ChangeId,
    participant_id: PersonId,
    visit_at: String,
    duration_min: i64,
    note: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Document {
    /// Whose visit it is.
    pub fn person(&self) -> PersonId {
        self.participant_id
    }

    /// The two changes that record it.
    ///
    /// # Errors
    /// A time that is none.
    pub fn changes(self, by: &Recorder) -> anyhow::Result<[Change; 2]> {
        let at = Millis(DateTime::parse_from_rfc3339(&self.visit_at)?.timestamp_millis());
        let reached = json!({ "happened_at": at, "mode": "home-visit", "outcome": "reached-survivor" });
        let attempt =
            by.create(by.id(), None, RecordKind::ContactAttempt, self.participant_id, fields(reached));
        let mut said = self.rest;
        // What the envelope says already.
        for name in ["type", "schema", "created_at"] {
            said.remove(name);
        }
        let own = json!({
            "attempt": attempt.record, "happened_at": at, "minutes": self.duration_min, "notes": self.note,
        });
        said.extend(fields(own));
        let visit = by.create(self.id, None, RecordKind::Visit, self.participant_id, said);
        Ok([attempt, visit])
    }
}

/// The second version of a visit.
///
/// # Errors
/// A visit without a version.
pub fn edit(by: &Recorder, visit: &store::StoredRecord) -> anyhow::Result<Change> {
    let person = visit.person.context("nobody's visit")?;
    let seen = visit.folded.fields.get("version").context("no version")?.seen();
    let mut change = by.create(by.id(), Some(visit.id), RecordKind::Visit, person, Map::new());
    change.op = Op::Amend;
    change.reason = Some("edited".to_owned());
    change.fields.insert("version".to_owned(), FieldChange { value: json!(2), seen });
    Ok(change)
}
