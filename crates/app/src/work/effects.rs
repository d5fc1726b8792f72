//! What follows from an attempt or a visit by itself, so that nobody has to enter it twice: the stage of the case,
//! where the person was last seen, and which numbers and addresses proved unusable.

use super::Reader;
use super::person_page::Page;
use super::record::Fields;
use super::record_view::Known;
use crate::Error;
use crate::batch::{Batch, Target};
use domain::codes::{AttemptOutcome, CaseStage, ClosingReason, CodeList};
use domain::policy::{self, Action, Nearness, Object};
use domain::{PersonId, RecordKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Sets one field of a known record, having seen what it said. What this role may not amend stays as it is, and so
/// does a field that needs a look, because somebody has to choose first: the attempt or visit itself says it all the
/// same.
pub(crate) fn set(
    batch: &mut Batch,
    known: &Known,
    field: &str,
    value: Value,
    reader: &Reader,
) -> Result<(), Error> {
    let folded = known.folded.fields.get(field);
    let needs_a_look = folded.is_some_and(|field| field.in_conflict());
    if known.value(field) == value || needs_a_look || !may_amend(known, reader) {
        return Ok(());
    }
    let seen = folded.map(|field| field.seen()).unwrap_or_default();
    let target = Target { record: known.record, kind: known.kind.clone(), person: known.person };
    let fields = Fields::from_iter([(field.to_owned(), value)]);
    batch.amend(target, fields, &BTreeMap::from([(field.to_owned(), seen)]), None)?;
    Ok(())
}

fn may_amend(known: &Known, reader: &Reader) -> bool {
    let near = Nearness { own: true, team: true, ..Nearness::default() };
    let object = Object::of(&known.kind);
    object.is_some_and(|object| policy::allows(&reader.member.role, Action::Amend, object, near))
}

/// What follows from an attempt's outcome.
pub(crate) fn of_attempt(
    batch: &mut Batch,
    person: PersonId,
    attempt: &Fields,
    all: &[Known],
    reader: &Reader,
) -> Result<(), Error> {
    let code = attempt.get("outcome").and_then(Value::as_str).unwrap_or_default();
    let outcome = AttemptOutcome::from_code(code);
    let named = |field: &str| {
        let id = attempt.get(field).and_then(Value::as_str)?;
        all.iter().find(|known| known.record.to_string() == id)
    };
    let at = attempt.get("happened_at").cloned().unwrap_or(json!(reader.now));
    for known in [named("place"), named("phone")].into_iter().flatten() {
        if outcome.reached_person() && later(&at, &known.value("last_seen")) {
            set(batch, known, "last_seen", at.clone(), reader)?;
        }
        let bad = match known.kind {
            RecordKind::Place => matches!(outcome, AttemptOutcome::AddressInvalid | AttemptOutcome::Moved),
            _ => outcome == AttemptOutcome::WrongNumber,
        };
        if bad {
            set(batch, known, "usable", json!(false), reader)?;
        }
    }
    if outcome == AttemptOutcome::Deceased {
        let identity =
            all.iter().find(|known| known.kind == RecordKind::Person && known.record == person.into());
        if let Some(identity) = identity {
            set(batch, identity, "died", json!(true), reader)?;
        }
    }
    let page = Page { all, reader };
    if let Some(case) = page.case() {
        if outcome == AttemptOutcome::Deceased {
            // Nobody is sent to the door again, also where the role may not say so of the person themself.
            set(batch, case, "stage", json!(CaseStage::Closed), reader)?;
            set(batch, case, "closing_reason", json!(ClosingReason::Deceased), reader)?;
            return set(batch, case, "closed_at", at, reader);
        }
        let stage = case.value("stage");
        let first = stage == json!(CaseStage::Referred);
        let searching = first || stage == json!(CaseStage::Attempting);
        if outcome == AttemptOutcome::RefusedContact && searching {
            set(batch, case, "stage", json!(CaseStage::Declined), reader)?;
        } else if first && !outcome.reached_person() {
            set(batch, case, "stage", json!(CaseStage::Attempting), reader)?;
        }
    }
    Ok(())
}

/// What follows from a visit: the person has been reached, and has accepted a service where one was agreed.
pub(crate) fn of_visit(
    batch: &mut Batch,
    all: &[Known],
    services: bool,
    reader: &Reader,
) -> Result<(), Error> {
    let open = all.iter().filter(|known| known.kind == RecordKind::Case && !known.folded.voided);
    for case in open.filter(|known| known.value("closed_at").is_null()) {
        let stage = CaseStage::from_code(case.value("stage").as_str().unwrap_or_default());
        let next = match (stage, services) {
            (CaseStage::Engaged | CaseStage::Linked | CaseStage::Sustained, _) => continue,
            (_, true) => CaseStage::Engaged,
            (_, false) => CaseStage::Reached,
        };
        set(batch, case, "stage", json!(next), reader)?;
    }
    Ok(())
}

fn later(at: &Value, than: &Value) -> bool {
    at.as_i64().unwrap_or(0) > than.as_i64().unwrap_or(0)
}
