//! What a supervisor looks at: new events, each worker's caseload, visits to review.

use super::Reader;
use super::person_page::Page;
use super::record_view::{Known, record_view};
use crate::session::Session;
use crate::views::{DeviceView, NewEvent, NewEventsView, StaffView, VisitToReview, WorkerLoad};
use crate::{App, Error};
use domain::codes::{CodeList, Role, Triage};
use domain::records::OverdoseEvent;
use domain::{RecordKind, UserId, clock72};
use std::collections::BTreeMap;
use store::{Order, PeopleFilter};

/// How many a screen shows at once.
const SHOWN: usize = 200;

impl App {
    /// New events that nobody carries, and those that wait for a human look, oldest first against the clock.
    pub(crate) fn new_events(&self) -> Result<NewEventsView, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let mut events = Vec::new();
        let unassigned =
            PeopleFilter { unassigned: true, team: reader.member.team, ..PeopleFilter::default() };
        let undecided = PeopleFilter { undecided: true, team: reader.member.team, ..PeopleFilter::default() };
        let mut rows = session.store.person_list(&unassigned, Order::Due, None, SHOWN)?.rows;
        for row in session.store.person_list(&undecided, Order::Due, None, SHOWN)?.rows {
            if !rows.iter().any(|other| other.person == row.person) {
                rows.push(row);
            }
        }
        for row in rows {
            let person = row.person;
            let all = self.known_of(&session, person)?;
            let page = Page { all: &all, reader: &reader };
            let Some((known, event)) = latest_event(&all) else { continue };
            let needs_look = event.triage_decision.is_none() && matches!(event.triage, Some(Triage::Review));
            let asked = event.possible_match.filter(|_| event.match_decision.is_none());
            let earlier = asked.map(|event| session.store.stored(event)).transpose()?.flatten();
            let possible_match = earlier.and_then(|earlier| earlier.person).filter(|other| *other != person);
            let hours = page.case().and_then(|case| case.value("first_contact_hours").as_i64());
            let mut view = self.row_view(&session, &reader, row)?;
            if view.due.is_none() {
                // The clock runs while somebody decides.
                let by = event
                    .occurred_at
                    .map(|at| at.plus(hours.unwrap_or(clock72::FIRST_CONTACT_HOURS) * domain::time::HOUR));
                view.due = by.map(|by| super::due_view(clock72::Due::FirstContact(by), reader.zone));
            }
            let matched =
                possible_match.map(|person| session.store.person_row(person)).transpose()?.flatten();
            events.push(NewEvent {
                person: view,
                event: record_view(known, &reader),
                case: page.case().map(|case| case.record),
                needs_look,
                possible_match,
                possible_match_name: matched.map(|row| row.name),
            });
        }
        events.sort_by_key(|event| event.person.due.as_ref().map_or(i64::MAX, |due| due.by.0));
        let workers: Vec<StaffView> = self.staff()?.into_iter().filter(|who| carries(who, &reader)).collect();
        Ok(NewEventsView { usual_partner: self.usual_partners(&session, &workers)?, workers, events })
    }

    /// The partner to preselect for each lead: who goes along with them most often, else the team's EMS worker who
    /// carries the fewest people.
    fn usual_partners(
        &self,
        session: &Session,
        workers: &[StaffView],
    ) -> Result<BTreeMap<UserId, UserId>, Error> {
        let pairs = session.store.pairs()?;
        let load = |user: UserId| {
            pairs
                .iter()
                .filter(|(lead, partner, _)| *lead == user || *partner == user)
                .map(|p| p.2)
                .sum::<u32>()
        };
        let ems = workers.iter().filter(|worker| worker.role == Role::Ems.code());
        let fewest = ems.min_by_key(|worker| (load(worker.user), worker.user)).map(|worker| worker.user);
        let mut usual = BTreeMap::new();
        for worker in workers {
            let known = |user: UserId| user != worker.user && workers.iter().any(|other| other.user == user);
            let with = pairs.iter().filter(|(lead, partner, _)| *lead == worker.user && known(*partner));
            let most = with.max_by_key(|(_, _, count)| *count).map(|(_, partner, _)| *partner);
            if let Some(partner) = most.or(fewest.filter(|user| *user != worker.user)) {
                usual.insert(worker.user, partner);
            }
        }
        Ok(usual)
    }

    /// Each worker's caseload, and what the county has not yet heard of it.
    pub(crate) fn caseloads(&self) -> Result<Vec<WorkerLoad>, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let loads = session.store.caseloads(reader.now)?;
        let late = session.store.overdue(reader.now)?;
        let silent = |one: &store::Overdue| {
            reader.heard.not_since(one.lead.into_iter().chain(one.partner), one.due).is_some()
        };
        let not_heard = |worker| {
            let theirs = late.iter().filter(|one| one.lead == Some(worker) && silent(one));
            u32::try_from(theirs.count()).unwrap_or(u32::MAX)
        };
        let devices = session.store.devices_seen()?;
        let workers = self.staff()?.into_iter().filter(|who| carries(who, &reader));
        let mut out: Vec<WorkerLoad> = workers
            .map(|worker| {
                let load = loads.iter().find(|load| load.lead == Some(worker.user));
                let theirs =
                    devices.iter().filter(|device| device.user == worker.user).map(|device| DeviceView {
                        name: device.name.clone(),
                        last_contact: device.last_contact,
                        unsent: device.unsent,
                        app: device.app.clone(),
                        clock_offset: device.clock_offset,
                    });
                let not_heard = not_heard(worker.user);
                WorkerLoad {
                    people: load.map_or(0, |load| load.open),
                    overdue: load.map_or(0, |load| load.due).saturating_sub(not_heard),
                    not_heard,
                    devices: theirs.collect(),
                    worker,
                }
            })
            .collect();
        out.sort_by(|a, b| a.worker.name.cmp(&b.worker.name));
        Ok(out)
    }

    /// Visits nobody has reviewed, oldest first.
    pub(crate) fn visits_to_review(&self) -> Result<Vec<VisitToReview>, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let filter = PeopleFilter { to_review: true, team: reader.member.team, ..PeopleFilter::default() };
        let mut visits = Vec::new();
        for row in session.store.person_list(&filter, Order::Name, None, SHOWN)?.rows {
            let person = row.person;
            let all = self.known_of(&session, person)?;
            let page = Page { all: &all, reader: &reader };
            for item in page.timeline() {
                let visit = item.with.iter().find(|with| with.kind == RecordKind::Visit.code());
                let own = (item.record.kind == RecordKind::Visit.code()).then_some(&item.record);
                let Some(visit) = visit.or(own).map(|visit| visit.record) else { continue };
                if item.reviewed_by.is_none() {
                    visits.push(VisitToReview { person, person_name: row.name.clone(), item, visit });
                }
            }
        }
        visits.sort_by_key(|visit| (visit.item.at, visit.visit));
        Ok(visits)
    }
}

/// Workers of the team who can carry a case.
fn carries(who: &StaffView, reader: &Reader) -> bool {
    let goes_out =
        [Role::PeerSupport.code(), Role::Ems.code(), Role::Clinician.code()].contains(&who.role.as_str());
    who.active && goes_out && who.team == reader.member.team
}

fn latest_event(all: &[Known]) -> Option<(&Known, OverdoseEvent)> {
    let events = all.iter().filter(|known| known.kind == RecordKind::OverdoseEvent && !known.folded.voided);
    events
        .map(|known| (known, known.read::<OverdoseEvent>()))
        .max_by_key(|(known, event)| (event.occurred_at, known.record))
}
