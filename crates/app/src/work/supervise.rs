//! What a supervisor does: assign, decide, review.

use super::record::{batch, object};
use super::record_view::Known;
use crate::batch::{Seen, Target};
use crate::command::AssignRequest;
use crate::session::Session;
use crate::views::Saved;
use crate::{App, Error};
use domain::codes::{CaseStage, ClosingReason, CodeList, MatchDecision, TriageDecision};
use domain::policy::Action;
use domain::records::Assignment;
use domain::{RecordId, RecordKind};
use serde_json::json;

impl App {
    /// Gives a case to somebody. Two supervisors who do it at once speak of one record, so the difference shows.
    pub(crate) fn assign(&self, request: &AssignRequest) -> Result<Saved, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        self.check_may(&session, &reader, Action::Assign, &RecordKind::Assignment, request.person)?;
        let staff = session.store.staff()?;
        let works = |user| staff.iter().any(|(id, who)| *id == user && who.active != Some(false));
        if !works(request.lead) || request.partner.is_some_and(|partner| !works(partner)) {
            return Err(Error::new("not_staff", "this colleague does not work here now").at("lead"));
        }
        if request.partner == Some(request.lead) {
            return Err(Error::new("same_person", "lead and partner are the same").at("partner"));
        }
        let record = Assignment::id_for(request.case);
        let mut batch = batch(&session, &reader, reader.now);
        match self.known_about(&session, request.person, record)? {
            None => {
                let team =
                    reader.member.team.ok_or_else(|| Error::new("no_team", "this user is in no team yet"))?;
                let fields = object(json!({
                    "case": request.case, "team": team, "lead": request.lead, "partner": request.partner,
                    "assigned_at": reader.now,
                }));
                batch.create_with_id(record, RecordKind::Assignment, request.person, fields)?;
            }
            Some(known) => {
                let seen: Seen =
                    known.folded.fields.iter().map(|(name, field)| (name.clone(), field.seen())).collect();
                let target = Target { record, kind: RecordKind::Assignment, person: known.person };
                let mut fields = object(json!({ "lead": request.lead, "assigned_at": reader.now }));
                fields.insert("partner".into(), json!(request.partner));
                batch.amend(target, fields, &seen, None)?;
            }
        }
        self.save(&session, batch, Some(request.person), None)
    }

    /// Decides an event that needed a human look. An event that is none closes the case it opened.
    pub(crate) fn decide(&self, event: RecordId, field: &str, decision: &str) -> Result<Saved, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let (known, target) = self.target(&session, event)?;
        let person = target.person;
        if let Some(person) = person {
            self.check_may(&session, &reader, Action::Amend, &target.kind, person)?;
        }
        let mut batch = batch(&session, &reader, reader.now);
        super::effects::set(&mut batch, &known, field, json!(decision), &reader)?;
        let closing = match (field, decision) {
            ("triage_decision", code) if TriageDecision::from_code(code) == TriageDecision::NotOverdose => {
                Some(ClosingReason::NotEligible)
            }
            ("match_decision", code) if MatchDecision::from_code(code) == MatchDecision::Same => {
                self.same_incident(&session, &known)?.then_some(ClosingReason::Duplicate)
            }
            _ => None,
        };
        if let (Some(reason), Some(person)) = (closing, person) {
            let all = self.known_of(&session, person)?;
            let page = super::person_page::Page { all: &all, reader: &reader };
            if let Some(case) = page.case() {
                super::effects::set(&mut batch, case, "stage", json!(CaseStage::Closed), &reader)?;
                super::effects::set(&mut batch, case, "closing_reason", json!(reason), &reader)?;
                super::effects::set(&mut batch, case, "closed_at", json!(reader.now), &reader)?;
            }
        }
        self.save(&session, batch, person, None)
    }

    /// Whether an event and the one it may match are two reports of one incident. Another incident of the same person
    /// is a new overdose: it restarts the clock, so its case stays open.
    fn same_incident(&self, session: &Session, event: &Known) -> Result<bool, Error> {
        let Some(earlier) = event.reference("possible_match") else { return Ok(false) };
        let Some(earlier) = self.known(session, earlier)? else { return Ok(false) };
        let number = event.value("incident_number");
        let same = |field: &str| event.value(field) == earlier.value(field);
        Ok(!number.is_null() && same("incident_number") && same("agency"))
    }

    /// Decides whether two reports are of one person. Nothing is merged: of two reports of one incident the later case
    /// is closed as a duplicate, and its event stays where it is.
    pub(crate) fn decide_match(&self, event: RecordId, decision: &str) -> Result<Saved, Error> {
        self.decide(event, "match_decision", decision)
    }

    /// Marks a visit as reviewed.
    pub(crate) fn review(&self, visit: RecordId, note: Option<String>) -> Result<Saved, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let (_, target) = self.target(&session, visit)?;
        let person =
            target.person.filter(|_| target.kind == RecordKind::Visit).ok_or_else(Error::not_found)?;
        self.check_may(&session, &reader, Action::Create, &RecordKind::ReviewMark, person)?;
        let fields = object(json!({ "visit": visit, "reviewed_at": reader.now, "note": note }));
        let mut batch = batch(&session, &reader, reader.now);
        batch.create(RecordKind::ReviewMark, person, fields)?;
        self.save(&session, batch, Some(person), None)
    }
}
