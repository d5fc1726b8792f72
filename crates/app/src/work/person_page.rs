//! One person's page, put together from their records.

use super::record_view::{Known, record_view};
use super::{Reader, due_view};
use crate::views::{PersonView, RecordView, TimelineItem};
use domain::caseload::Carried;
use domain::codes::CodeList;
use domain::policy::{self, Action, Nearness, Object};
use domain::records::{Assignment, Case, FollowUp, OverdoseEvent, Person, SafetyNote};
use domain::{PersonId, RecordId, RecordKind, clock72};
use std::collections::BTreeMap;

/// Kinds that a worker adds by hand on a person's page.
const ADDABLE: [RecordKind; 12] = [
    RecordKind::Alias,
    RecordKind::Place,
    RecordKind::Phone,
    RecordKind::OverdoseEvent,
    RecordKind::ContactAttempt,
    RecordKind::Visit,
    RecordKind::PeerNote,
    RecordKind::Referral,
    RecordKind::SupplyHandout,
    RecordKind::FollowUp,
    RecordKind::StepForward,
    RecordKind::SafetyNote,
];

/// Builds the page. `None` when the person's own record has not arrived.
pub fn person_view(
    person: PersonId,
    name: String,
    arriving: bool,
    all: &[Known],
    reader: &Reader,
) -> Option<PersonView> {
    let page = Page { all, reader };
    let identity =
        all.iter().find(|known| known.kind == RecordKind::Person && known.record == person.into())?;
    let this: Person = identity.read();
    let case = page.case();
    let assignment = case.and_then(|case| page.one(Assignment::id_for(case.record)));
    let carried = case.map(|case| Carried::by(&case.read(), assignment.map(Known::read).as_ref()));
    let near = reader.member.nearness(&carried);
    let staff = |user: Option<domain::UserId>| user.map(|user| reader.name_of(user));
    let workers = carried.iter().flat_map(|carried| carried.lead.into_iter().chain(carried.partner));
    Some(PersonView {
        person,
        name,
        age: super::age(&this, reader.today()),
        arriving,
        died: this.died == Some(true),
        identity: record_view(identity, reader),
        aliases: page.list(RecordKind::Alias),
        places: page.latest_seen(RecordKind::Place),
        phones: page.latest_seen(RecordKind::Phone),
        safety: page.views(RecordKind::SafetyNote, |known| known.read::<SafetyNote>().ended_at.is_none()),
        events: page.list(RecordKind::OverdoseEvent),
        case: case.map(|case| record_view(case, reader)),
        assignment: assignment.map(|assignment| record_view(assignment, reader)),
        lead: staff(carried.and_then(|c| c.lead)),
        partner: staff(carried.and_then(|c| c.partner)),
        due: page.due(case).filter(|_| this.died != Some(true)).map(|due| reader.not_yet_heard(due, workers)),
        follow_ups: page.open_follow_ups(),
        referrals: page.list(RecordKind::Referral),
        timeline: page.timeline(),
        may_add: allowed(reader, near, Action::Create, &ADDABLE),
        may_amend: allowed(
            reader,
            near,
            Action::Amend,
            &[&ADDABLE[..], &[RecordKind::Person, RecordKind::Case]].concat(),
        ),
    })
}

fn allowed(reader: &Reader, near: Nearness, action: Action, kinds: &[RecordKind]) -> Vec<String> {
    let may = |kind: &&RecordKind| {
        Object::of(kind).is_some_and(|object| policy::allows(&reader.member.role, action, object, near))
    };
    kinds.iter().filter(may).map(|kind| kind.code().to_owned()).collect()
}

/// The records of one person, seen by one reader.
pub struct Page<'a> {
    /// All of them.
    pub all: &'a [Known],
    /// The reader.
    pub reader: &'a Reader,
}

impl<'a> Page<'a> {
    fn one(&self, record: RecordId) -> Option<&'a Known> {
        self.all.iter().find(|known| known.record == record)
    }

    fn of(&self, kind: RecordKind) -> impl Iterator<Item = &'a Known> {
        self.all.iter().filter(move |known| known.kind == kind && !known.folded.voided)
    }

    /// The open case, else the latest.
    pub fn case(&self) -> Option<&'a Known> {
        self.of(RecordKind::Case)
            .max_by_key(|known| (clock72::is_open(&known.read::<Case>()), known.folded.first))
    }

    fn views(&self, kind: RecordKind, keep: impl Fn(&Known) -> bool) -> Vec<RecordView> {
        let mut found: Vec<&Known> = self.of(kind).filter(|known| keep(known)).collect();
        found.sort_by_key(|known| std::cmp::Reverse(known.at()));
        found.into_iter().map(|known| record_view(known, self.reader)).collect()
    }

    fn list(&self, kind: RecordKind) -> Vec<RecordView> {
        self.views(kind, |_| true)
    }

    fn latest_seen(&self, kind: RecordKind) -> Vec<RecordView> {
        let mut views = self.list(kind);
        views.sort_by_key(|view| {
            let usable = view.values.get("usable").and_then(serde_json::Value::as_bool) != Some(false);
            std::cmp::Reverse((usable, view.values.get("last_seen").and_then(serde_json::Value::as_i64)))
        });
        views
    }

    fn open_follow_ups(&self) -> Vec<RecordView> {
        let mut open: Vec<(FollowUp, &Known)> =
            self.of(RecordKind::FollowUp).map(|known| (known.read::<FollowUp>(), known)).collect();
        open.retain(|(follow_up, _)| follow_up.done_at.is_none() && follow_up.dropped_at.is_none());
        open.sort_by_key(|(follow_up, known)| (follow_up.due_on, known.record));
        open.into_iter().map(|(_, known)| record_view(known, self.reader)).collect()
    }

    fn due(&self, case: Option<&Known>) -> Option<crate::views::DueView> {
        let case: Case = case?.read();
        if !clock72::is_open(&case) {
            return None;
        }
        let events: Vec<OverdoseEvent> = self.of(RecordKind::OverdoseEvent).map(Known::read).collect();
        let hours = case.first_contact_hours.unwrap_or(clock72::FIRST_CONTACT_HOURS);
        let reached = self.of(RecordKind::ContactAttempt).filter_map(|known| {
            let attempt: domain::records::ContactAttempt = known.read();
            attempt.outcome?.reached_person().then_some(attempt.happened_at?)
        });
        let contact = clock72::first_contact_due(&events, hours, reached.max());
        let follow_up = self.of(RecordKind::FollowUp).map(Known::read).filter_map(|follow_up: FollowUp| {
            (follow_up.done_at.is_none() && follow_up.dropped_at.is_none()).then_some(follow_up.due_on?)
        });
        let due = clock72::first_due(contact, follow_up.min(), self.reader.zone)?;
        Some(due_view(due, self.reader.zone))
    }

    /// Everything that happened, latest first. What was recorded with a visit stands under its attempt.
    pub fn timeline(&self) -> Vec<TimelineItem> {
        let mut under: BTreeMap<RecordId, Vec<&Known>> = BTreeMap::new();
        let mut top = Vec::new();
        for known in self.all {
            match (&known.kind, known.reference("attempt"), known.reference("visit")) {
                (RecordKind::Visit, Some(attempt), _) => under.entry(attempt).or_default().push(known),
                (RecordKind::ReviewMark, ..) => {}
                (_, _, Some(visit)) => under.entry(visit).or_default().push(known),
                (
                    RecordKind::ContactAttempt
                    | RecordKind::Visit
                    | RecordKind::OverdoseEvent
                    | RecordKind::StepForward
                    | RecordKind::SupplyHandout
                    | RecordKind::PeerNote
                    | RecordKind::Referral
                    | RecordKind::SafetyNote,
                    ..,
                ) => top.push(known),
                _ => {}
            }
        }
        let mut items: Vec<TimelineItem> = top.into_iter().map(|known| self.item(known, &under)).collect();
        items.sort_by_key(|item| (std::cmp::Reverse(item.at), std::cmp::Reverse(item.record.record)));
        items
    }

    fn item(&self, known: &Known, under: &BTreeMap<RecordId, Vec<&Known>>) -> TimelineItem {
        let mut with = Vec::new();
        let mut reviewed_by = None;
        for child in under.get(&known.record).into_iter().flatten() {
            with.push(record_view(child, self.reader));
            for grandchild in under.get(&child.record).into_iter().flatten() {
                with.push(record_view(grandchild, self.reader));
            }
            reviewed_by = reviewed_by.or_else(|| self.reviewer(child.record));
        }
        TimelineItem { at: known.at(), record: record_view(known, self.reader), with, reviewed_by }
    }

    /// Who reviewed a visit, if anybody did.
    pub fn reviewer(&self, visit: RecordId) -> Option<String> {
        let mark = self.of(RecordKind::ReviewMark).find(|mark| mark.reference("visit") == Some(visit))?;
        mark.changes.first().map(|(change, _)| self.reader.name_of(change.author))
    }
}
