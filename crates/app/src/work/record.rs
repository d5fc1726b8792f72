//! Recording: what a worker did becomes changes, written in one transaction, durable when the answer comes.

use super::record_view::Known;
use super::{Reader, effects, stamped};
use crate::batch::{Batch, Target};
use crate::command::{AddPersonRequest, AddRequest, AmendRequest, AttemptRequest, VisitRequest};
use crate::session::Session;
use crate::views::Saved;
use crate::{App, Error};
use domain::codes::{AttemptMode, CodeList, PlaceKind, Role};
use domain::policy::{self, Action, Object};
use domain::records::Assignment;
use domain::{ChangeId, Millis, PersonId, RecordId, RecordKind, clock72};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Fields of a record, as a form sends them.
pub(crate) type Fields = Map<String, Value>;

impl App {
    /// Adds somebody, with a case that the author leads: the one assignment a worker may create.
    pub(crate) fn add_person(&self, request: AddPersonRequest) -> Result<Saved, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        if !reader.may_add_people() {
            return Err(Error::new("not_allowed", "this is not for your role to do"));
        }
        let mut batch = batch(&session, &reader, reader.now);
        let person = batch.create_person(request.person)?;
        for (kind, fields) in [(RecordKind::Place, request.place), (RecordKind::Phone, request.phone)] {
            if let Some(fields) = fields {
                batch.create(kind, person, fields)?;
            }
        }
        let settings = session.store.settings()?.unwrap_or_default();
        let hours = settings.first_contact_hours.unwrap_or(clock72::FIRST_CONTACT_HOURS);
        let mut case = object(json!({
            "stage": "attempting", "opened_at": reader.now, "first_contact_hours": hours, "team": reader.member.team,
        }));
        if let Some(mut event) = request.event {
            event.entry("occurred_at").or_insert_with(|| json!(reader.now));
            event.entry("source").or_insert_with(|| json!("person"));
            batch.create(RecordKind::OverdoseEvent, person, event)?;
        } else {
            // Met in person, and nobody's report: they have been reached.
            case.insert("stage".into(), json!("reached"));
        }
        let case = batch.create(RecordKind::Case, person, case)?;
        let team = reader.member.team.ok_or_else(|| Error::new("no_team", "this user is in no team yet"))?;
        let assignment =
            json!({ "case": case, "team": team, "lead": session.worker.user, "assigned_at": reader.now });
        batch.create_with_id(Assignment::id_for(case), RecordKind::Assignment, person, object(assignment))?;
        self.save(&session, batch, Some(person), None)
    }

    /// Records an attempt that reached nobody, and what follows from its outcome.
    pub(crate) fn record_attempt(&self, request: AttemptRequest) -> Result<Saved, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        self.check_may(&session, &reader, Action::Create, &RecordKind::ContactAttempt, request.person)?;
        let all = self.known_of(&session, request.person)?;
        let fields = attempt_fields(request.attempt, &all, &reader);
        let mut batch = batch(&session, &reader, happened(&fields, reader.now));
        effects::of_attempt(&mut batch, request.person, &fields, &all, &reader)?;
        let attempt = batch.create(RecordKind::ContactAttempt, request.person, fields)?;
        self.save(&session, batch, Some(request.person), request.draft).map(|saved| first(saved, attempt))
    }

    /// Records an attempt that reached the person, and everything that belongs to it, in one go.
    pub(crate) fn record_visit(&self, request: VisitRequest) -> Result<Saved, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let person = request.person;
        self.check_may(&session, &reader, Action::Create, &RecordKind::Visit, person)?;
        let all = self.known_of(&session, person)?;
        let mut fields = request.attempt;
        fields.entry("outcome").or_insert_with(|| json!("reached-survivor"));
        if let Some(kind) = request.place.as_ref().and_then(|place| place.get("kind")?.as_str()) {
            fields.entry("mode").or_insert_with(|| json!(mode_at(Some(&PlaceKind::from_code(kind)))));
        }
        let mut fields = attempt_fields(fields, &all, &reader);
        let at = happened(&fields, reader.now);
        let mut batch = batch(&session, &reader, at);
        if let Some(mut place) = request.place {
            place.entry("last_seen").or_insert_with(|| json!(at));
            fields.insert("place".into(), json!(batch.create(RecordKind::Place, person, place)?));
        }
        effects::of_attempt(&mut batch, person, &fields, &all, &reader)?;
        let attempt = batch.create(RecordKind::ContactAttempt, person, fields)?;

        let mut visit = request.visit;
        visit.insert("attempt".into(), json!(attempt));
        visit.entry("happened_at").or_insert_with(|| json!(at));
        // A peer's own words are read by fewer people than the visit is.
        let note = (reader.member.role == Role::PeerSupport).then(|| visit.remove("notes")).flatten();
        let visit = batch.create(RecordKind::Visit, person, visit)?;
        if let Some(text) = note.filter(|text| text.as_str().is_some_and(|text| !text.trim().is_empty())) {
            let peer_note = object(json!({ "visit": visit, "text": text }));
            batch.create(RecordKind::PeerNote, person, peer_note)?;
        }
        let services = !request.referrals.is_empty();
        let with = [
            (RecordKind::SupplyHandout, request.supplies, Some("happened_at")),
            (RecordKind::Referral, request.referrals, Some("offered_at")),
            (RecordKind::StepForward, request.steps, Some("happened_at")),
            (RecordKind::FollowUp, request.follow_ups, None),
        ];
        for (kind, list, time) in with {
            for mut fields in list {
                fields.insert("visit".into(), json!(visit));
                if let Some(time) = time {
                    fields.entry(time).or_insert_with(|| json!(at));
                }
                if kind == RecordKind::Referral {
                    fields.entry("status").or_insert_with(|| json!("requested"));
                }
                batch.create(kind.clone(), person, fields)?;
            }
        }
        for record in request.fulfils {
            if let Some(follow_up) = all.iter().find(|known| known.record == record) {
                effects::set(&mut batch, follow_up, "done_at", json!(at), &reader)?;
            }
        }
        effects::of_visit(&mut batch, &all, services, &reader)?;
        self.save(&session, batch, Some(person), request.draft).map(|saved| first(saved, visit))
    }

    /// Adds one record of any kind that this user may add.
    pub(crate) fn add(&self, request: AddRequest) -> Result<Saved, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let kind = RecordKind::from_code(&request.kind);
        self.check_may(&session, &reader, Action::Create, &kind, request.person)?;
        let at = request.happened_at.unwrap_or(reader.now);
        let mut fields = request.fields;
        let known = domain::records::fields_of(&kind).unwrap_or_default();
        for name in ["happened_at", "offered_at", "occurred_at"] {
            if known.iter().any(|field| field.name == name) {
                fields.entry(name).or_insert_with(|| json!(at));
            }
        }
        let mut batch = batch(&session, &reader, at);
        batch.create(kind, request.person, fields)?;
        self.save(&session, batch, Some(request.person), request.draft)
    }

    /// Amends a record, having seen what was on the screen.
    pub(crate) fn amend(&self, request: AmendRequest) -> Result<Saved, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let (known, target) = self.target(&session, request.record)?;
        if let Some(person) = target.person {
            self.check_may(&session, &reader, Action::Amend, &target.kind, person)?;
        }
        // Only what the worker really changed is said: anything else might undo a colleague's correction.
        let fields: Fields =
            request.fields.into_iter().filter(|(name, value)| known.value(name) != *value).collect();
        if fields.is_empty() {
            if let Some(draft) = request.draft {
                session.store.drop_draft(&draft)?;
            }
            return Ok(Saved { person: target.person, records: vec![target.record] });
        }
        let person = target.person;
        let mut batch = batch(&session, &reader, reader.now);
        batch.amend(target, fields, &request.seen, request.reason)?;
        self.save(&session, batch, person, request.draft)
    }

    /// Says that a record should not have been made.
    pub(crate) fn void(&self, record: RecordId, reason: String) -> Result<Saved, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let (_, target) = self.target(&session, record)?;
        if let Some(person) = target.person {
            self.check_may(&session, &reader, Action::Void, &target.kind, person)?;
        }
        let person = target.person;
        let mut batch = batch(&session, &reader, reader.now);
        batch.void(target, reason)?;
        self.save(&session, batch, person, None)
    }

    /// Chooses between recorded values: a change that saw them all.
    pub(crate) fn choose(
        &self,
        record: RecordId,
        field: &str,
        claim: ChangeId,
        seen: Vec<ChangeId>,
    ) -> Result<Saved, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let (known, target) = self.target(&session, record)?;
        let folded = known.folded.fields.get(field).ok_or_else(Error::not_found)?;
        let chosen = folded.claims.iter().find(|one| one.change == claim);
        // Somebody else chose meanwhile: the screen shows what is true now.
        let chosen =
            chosen.ok_or_else(|| Error::new("already_settled", "somebody settled this meanwhile"))?;
        if !self.may_choose(&session, &reader, &known, field)? {
            return Err(Error::new("not_allowed", "somebody else has to settle this"));
        }
        let person = target.person;
        let signed = domain::records::is_signed(&target.kind);
        let seen = BTreeMap::from([(field.to_owned(), seen)]);
        let fields = Fields::from_iter([(field.to_owned(), chosen.value.clone())]);
        let mut batch = batch(&session, &reader, reader.now);
        // Signed records are amended with a reason; the reason here is the same for everybody.
        batch.amend(target, fields, &seen, signed.then(|| "settled between recorded values".to_owned()))?;
        self.save(&session, batch, person, None)
    }

    /// Whether this user may settle a conflict.
    pub(crate) fn may_choose(
        &self,
        session: &Session,
        reader: &Reader,
        known: &Known,
        field: &str,
    ) -> Result<bool, Error> {
        let Some(person) = known.person else { return Ok(false) };
        let (mut near, lead) = self.nearness(session, reader, person)?;
        let claims = known.folded.fields.get(field).map(|field| field.claims.as_slice()).unwrap_or_default();
        near.author = claims.iter().any(|claim| claim.author == session.worker.user);
        Ok(policy::may_choose(&reader.member.role, lead, near))
    }

    /// Refuses here what the county would refuse: the worker learns it at once, not after the next sync.
    pub(crate) fn check_may(
        &self,
        session: &Session,
        reader: &Reader,
        action: Action,
        kind: &RecordKind,
        person: PersonId,
    ) -> Result<(), Error> {
        let (near, _) = self.nearness(session, reader, person)?;
        let allowed =
            Object::of(kind).is_some_and(|object| policy::allows(&reader.member.role, action, object, near));
        if allowed { Ok(()) } else { Err(Error::new("not_allowed", "this is not for your role to do")) }
    }

    pub(crate) fn target(&self, session: &Session, record: RecordId) -> Result<(Known, Target), Error> {
        let known = self.known(session, record)?.ok_or_else(Error::not_found)?;
        let target = Target { record, kind: known.kind.clone(), person: known.person };
        Ok((known, target))
    }

    /// Writes a batch and wakes sync. What is saved is durable when this returns.
    pub(crate) fn save(
        &self,
        session: &Session,
        batch: Batch,
        person: Option<PersonId>,
        draft: Option<String>,
    ) -> Result<Saved, Error> {
        let (changes, records) = batch.finish();
        session.store.write((self.clock())(), |tx| {
            if let Some(draft) = &draft {
                tx.drop_draft(draft)?;
            }
            Ok::<_, Error>(stamped(changes, || tx.stamp()))
        })?;
        session.syncer.wake();
        Ok(Saved { person, records })
    }
}

pub(crate) fn batch(session: &Session, reader: &Reader, happened_at: Millis) -> Batch {
    Batch::new(session.worker.user, session.worker.device, reader.now, happened_at)
}

/// The fields of an attempt, with what a hurried worker leaves unsaid: when, how, and for which case.
fn attempt_fields(mut fields: Fields, all: &[Known], reader: &Reader) -> Fields {
    fields.entry("happened_at").or_insert_with(|| json!(reader.now));
    if !fields.contains_key("mode") {
        let place = fields.get("place").and_then(Value::as_str);
        let place = place.and_then(|id| all.iter().find(|known| known.record.to_string() == id));
        let kind = place.and_then(|place| place.value("kind").as_str().map(PlaceKind::from_code));
        let mode = if fields.contains_key("phone") { AttemptMode::Phone } else { mode_at(kind.as_ref()) };
        fields.insert("mode".into(), json!(mode));
    }
    let page = super::person_page::Page { all, reader };
    if let (false, Some(case)) = (fields.contains_key("case"), page.case()) {
        fields.insert("case".into(), json!(case.record));
    }
    fields
}

/// How somebody is looked for at a place of this kind.
fn mode_at(kind: Option<&PlaceKind>) -> AttemptMode {
    match kind {
        Some(PlaceKind::Scene) => AttemptMode::SceneVisit,
        Some(PlaceKind::Hospital) => AttemptMode::Hospital,
        Some(PlaceKind::Jail) => AttemptMode::Jail,
        Some(
            PlaceKind::Shelter
            | PlaceKind::Encampment
            | PlaceKind::Street
            | PlaceKind::CommunitySite
            | PlaceKind::Work,
        ) => AttemptMode::CommunitySite,
        _ => AttemptMode::HomeVisit,
    }
}

fn happened(fields: &Fields, now: Millis) -> Millis {
    fields.get("happened_at").and_then(Value::as_i64).map_or(now, Millis)
}

/// The answer names first what the worker meant to record.
fn first(mut saved: Saved, record: RecordId) -> Saved {
    saved.records.retain(|other| *other != record);
    saved.records.insert(0, record);
    saved
}

/// The fields of a JSON object, without the empty ones.
pub(crate) fn object(value: Value) -> Fields {
    match value {
        Value::Object(map) => map.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Fields::new(),
    }
}
