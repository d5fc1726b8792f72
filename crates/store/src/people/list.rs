//! Works a person's row out from their records. Pure.

use super::names::{display_name, sort_key};
use super::{DueKind, PersonRow};
use crate::county::Calendar;
use crate::summary::RecordRow;
use domain::caseload::Carried;
use domain::clock72::{Due, counts_for_outreach, first_contact_due, first_due, is_open};
use domain::codes::Triage;
use domain::records::{Alias, Assignment, Case, FollowUp, OverdoseEvent, Person};
use domain::{Millis, RecordId, RecordKind};
use std::collections::BTreeSet;

/// A row and its sort key; `None` while no record says who the person is.
pub(super) fn row(records: &[RecordRow], calendar: &Calendar) -> Option<(PersonRow, String)> {
    let person = records.iter().find(|row| row.kind == RecordKind::Person)?;
    let id = person.id;
    let person: Person = person.facts();
    let of = |kind: RecordKind| records.iter().filter(move |row| row.kind == kind);
    let aliases: Vec<String> = of(RecordKind::Alias).filter_map(|row| row.facts::<Alias>().name).collect();
    let name = display_name(&person, &aliases);
    let sort = sort_key(&person, &name);
    let alias = person.alias.clone().filter(|alias| *alias != name).unwrap_or_default();

    let attempts = || of(RecordKind::ContactAttempt);
    let visits = || of(RecordKind::Visit);
    let reached = attempts().filter(|row| row.mark).chain(visits()).filter_map(|row| row.at).max();
    let reviewed: BTreeSet<_> = of(RecordKind::ReviewMark).filter_map(|row| row.about).collect();
    let events: Vec<OverdoseEvent> = of(RecordKind::OverdoseEvent).map(RecordRow::facts).collect();
    let outreach = events.iter().filter(|event| counts_for_outreach(event));

    let died = person.died == Some(true);
    let mut row = PersonRow {
        name,
        alias,
        last_contact: reached.map(Millis),
        last_attempt: attempts().filter_map(|row| row.at).max().map(Millis),
        latest_event: outreach.filter_map(|event| event.occurred_at).max(),
        attempts: attempts().filter(|row| !row.mark && (reached.is_none() || row.at > reached)).count()
            as u32,
        visits: visits().count() as u32,
        to_review: visits().filter(|row| !reviewed.contains(&row.id.into())).count() as u32,
        undecided: events.iter().filter(|event| undecided(event)).count() as u32,
        safety: of(RecordKind::SafetyNote).filter(|row| row.mark).count() as u32,
        referrals: of(RecordKind::Referral).filter(|row| row.mark).count() as u32,
        conflicts: records.iter().map(|row| row.rivals.max(0) as u32).sum(),
        died,
        ..PersonRow::of(id.into())
    };
    let Some((case_id, case)) = current_case(of(RecordKind::Case)) else { return Some((row, sort)) };
    let mut assigned = of(RecordKind::Assignment).map(RecordRow::facts::<Assignment>);
    let assignment = assigned.rfind(|assignment| assignment.case == Some(case_id));
    let Carried { team, lead, partner } = Carried::by(&case, assignment.as_ref());
    (row.team, row.lead, row.partner) = (team, lead, partner);
    (row.case, row.open) = (Some(case_id), is_open(&case));
    if row.open && !died {
        let hours = case.first_contact_hours.unwrap_or(calendar.hours);
        let contact = first_contact_due(&events, hours, row.last_contact);
        let to_do = of(RecordKind::FollowUp).map(RecordRow::facts::<FollowUp>);
        let to_do = to_do.filter(|one| one.done_at.is_none() && one.dropped_at.is_none());
        let due = first_due(contact, to_do.filter_map(|one| one.due_on).min(), calendar.zone);
        row.due = due.map(|due| due.by(calendar.zone));
        row.due_kind = match due {
            None => DueKind::Nothing,
            Some(Due::FirstContact(_)) => DueKind::FirstContact,
            Some(Due::FollowUp(_)) => DueKind::FollowUp,
        };
    }
    row.stage = case.stage;
    Some((row, sort))
}

/// The latest open case, else the latest.
fn current_case<'a>(cases: impl Iterator<Item = &'a RecordRow>) -> Option<(RecordId, Case)> {
    let cases = cases.map(|row| (row.id, row.facts::<Case>()));
    cases.max_by_key(|(id, case)| (is_open(case), case.opened_at, *id))
}

/// Whether somebody has to decide what an event is, or whose.
fn undecided(event: &OverdoseEvent) -> bool {
    let triage = event.triage == Some(Triage::Review) && event.triage_decision.is_none();
    let same = event.possible_match.is_some() && event.match_decision.is_none();
    event.fatal != Some(true) && (triage || same)
}
