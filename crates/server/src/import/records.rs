//! Turns facts into changes.

use super::event::{event, first_event, person};
use super::facts::Facts;
use crate::admin::Writer;
use crate::db::ReportRow;
use domain::codes::{CaseStage, ClosingReason, CodeList, PhoneKind, PlaceKind};
use domain::records::{Case, OverdoseEvent, Person, Phone, Record};
use domain::{Change, Folded, Millis, PersonId, RecordId, RecordKind, Stamp, TeamId, fold};

/// A person, with places, phones, event and case, from a first report.
pub(super) fn new_person(
    facts: &Facts,
    team: TeamId,
    hours: Option<i64>,
    possible: Option<RecordId>,
    now: Millis,
) -> (Vec<Change>, ReportRow) {
    let mut writer = Writer::new(now);
    let who = writer.create_person(&person(std::slice::from_ref(facts)));
    let home = facts.home.says_something().then(|| {
        let kind = if facts.homeless { PlaceKind::SomethingElse } else { PlaceKind::Home };
        writer.create(Some(who), &facts.home.place(kind))
    });
    let at_home = home.filter(|_| facts.home.same_door(&facts.scene));
    let scene = at_home.or_else(|| {
        facts.scene.says_something().then(|| writer.create(Some(who), &facts.scene.place(PlaceKind::Scene)))
    });
    for phone in phones(facts) {
        writer.create(Some(who), &phone);
    }
    let event = writer.create(Some(who), &first_event(facts, possible, scene));
    let mut case = Case {
        stage: Some(CaseStage::Referred),
        opened_at: Some(now),
        team: Some(team),
        first_contact_hours: hours,
        ..Case::default()
    };
    if facts.fatal {
        close(&mut case, now);
    }
    let case = writer.create(Some(who), &case);
    (writer.finish(), row(facts, who, event, case, now))
}

fn close(case: &mut Case, now: Millis) {
    case.stage = Some(CaseStage::Closed);
    case.closed_at = Some(now);
    case.closing_reason = Some(ClosingReason::Deceased);
}

fn phones(facts: &Facts) -> Vec<Phone> {
    let phone = |(number, kind): &(String, Option<String>)| Phone {
        number: Some(number.chars().take(40).collect()),
        kind: kind.as_deref().map(PhoneKind::from_code),
        usable: Some(true),
        ..Phone::default()
    };
    facts.phones.iter().map(phone).collect()
}

fn row(facts: &Facts, person: PersonId, event: RecordId, case: RecordId, now: Millis) -> ReportRow {
    ReportRow {
        agency: facts.agency_key(),
        report: facts.id.clone(),
        digest: facts.digest,
        incident: facts.incident_key(),
        called: facts.called,
        person,
        event,
        case,
        patient: facts.to_text(),
        imported: now,
    }
}

/// A further report about an event: another unit's, or one that came again.
pub(super) struct Job {
    row: ReportRow,
    before: Vec<Facts>,
    after: Vec<Facts>,
    person: Folded,
    event: Folded,
    case: Folded,
}

impl Job {
    /// `reports` are those that speak of the event now; `stands` the changes of its person's records.
    pub(super) fn new(
        row: ReportRow,
        reports: &[ReportRow],
        facts: &Facts,
        stands: &[(Change, Stamp)],
    ) -> Self {
        let before: Vec<Facts> = reports.iter().filter_map(Facts::stored).collect();
        let mut after = before.clone();
        match after.iter_mut().find(|known| known.id == facts.id && known.agency_key() == facts.agency_key())
        {
            Some(known) => *known = facts.clone(),
            None => after.push(facts.clone()),
        }
        let of = |kind: RecordKind, record: RecordId| {
            let own = stands.iter().filter(|(change, _)| change.kind == kind && change.record == record);
            fold(own.map(|(change, stamp)| (change, *stamp)))
        };
        Self {
            person: of(RecordKind::Person, row.person.into()),
            event: of(RecordKind::OverdoseEvent, row.event),
            case: of(RecordKind::Case, row.case),
            row,
            before,
            after,
        }
    }

    /// Whether this report is the first to say that the person died.
    pub(super) fn died_now(&self) -> bool {
        let fatal = |reports: &[Facts]| reports.iter().any(|report| report.fatal);
        fatal(&self.after) && !fatal(&self.before)
    }

    /// The changes, and the report's row.
    pub(super) fn changes(self, facts: &Facts, now: Millis) -> (Vec<Change>, ReportRow) {
        let mut writer = Writer::new(now);
        let who = self.row.person;
        let people = (&person(&self.before), &person(&self.after));
        writer.amend_own::<Person>(who.into(), Some(who), &self.person, people);
        let events = (&event(&self.before), &event(&self.after));
        writer.amend_own::<OverdoseEvent>(self.row.event, Some(who), &self.event, events);
        let known = |number: &str| {
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            let mut all = self.before.iter().flat_map(|report| &report.phones);
            all.any(|(known, _)| digits(known) == digits(number))
        };
        for phone in phones(facts).into_iter().filter(|phone| !phone.number.as_deref().is_some_and(known)) {
            writer.create(Some(who), &phone);
        }
        let lived = self.before.iter().any(|report| report.home.same_door(&facts.home));
        if facts.home.street.is_some() && !lived {
            writer.create(Some(who), &facts.home.place(PlaceKind::Home));
        }
        let open = domain::clock72::is_open(&Case::from_values(&self.case.values()));
        if self.died_now() && open {
            let mut closed = Case::default();
            close(&mut closed, now);
            writer.amend::<Case>(self.row.case, Some(who), &self.case, closed.to_values());
        }
        let row = row(facts, who, self.row.event, self.row.case, now);
        (writer.finish(), row)
    }
}
