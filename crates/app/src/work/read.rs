//! What a worker looks at: today, the caseload, a person, search.

use super::Reader;
use super::person_page::person_view;
use super::record_view::Known;
use crate::command::PeopleRequest;
use crate::session::Session;
use crate::views::{
    DraftKept, DraftView, DueView, Hit, PeoplePage, PersonRow, PersonView, SearchView, StaffView, TodayView,
};
use crate::{App, Error};
use domain::PersonId;
use domain::codes::CodeList;
use domain::time::end_of;
use serde_json::Value;
use store::{Cursor, DueKind, Order, PeopleFilter};

/// How many people *Today* shows of each group; the rest is in the caseload.
const TODAY: usize = 200;
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;
const HITS: usize = 30;
/// How much of a note a hit shows, in characters.
const EXCERPT: usize = 120;
/// The longest draft that is kept, in bytes of JSON: what the county takes over when its person leaves this device.
const MAX_DRAFT: usize = domain::validate::MAX_CHANGE_BYTES - 16 * 1024;

impl App {
    /// Who is due, first things first.
    pub(crate) fn today(&self) -> Result<TodayView, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let tonight = end_of(reader.today(), reader.zone);
        let week = end_of(reader.today() + chrono::Days::new(7), reader.zone);
        let mine = match reader.member.role {
            domain::codes::Role::Supervisor => None,
            _ => Some(session.worker.user),
        };
        let filter = PeopleFilter {
            open: Some(true),
            worker: mine,
            due_before: Some(week.plus(1)),
            ..PeopleFilter::default()
        };
        let rows = session.store.person_list(&filter, Order::Due, None, TODAY)?.rows;
        let (mut due, mut soon) = (Vec::new(), Vec::new());
        for row in rows {
            // Everybody who waits for a first contact is for today, however much of the clock is left.
            let now = row.due_kind == DueKind::FirstContact || row.due.is_some_and(|by| by <= tonight);
            let view = self.row_view(&session, &reader, row)?;
            if now { due.push(view) } else { soon.push(view) }
        }
        Ok(TodayView {
            date: reader.today().to_string(),
            due,
            soon,
            drafts: self.drafts(&session)?,
            needs_a_look: self.look_count(&session)?,
        })
    }

    /// A page of the caseload.
    pub(crate) fn people(&self, request: &PeopleRequest) -> Result<PeoplePage, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let open = match request.filter.as_deref().unwrap_or("open") {
            "open" => Some(true),
            "closed" => Some(false),
            "all" => None,
            _ => return Err(Error::new("wrong_type", "no such filter").at("filter")),
        };
        let order = match request.order.as_deref().unwrap_or("due") {
            "due" => Order::Due,
            "name" => Order::Name,
            "last_contact" => Order::LastContact,
            _ => return Err(Error::new("wrong_type", "no such order").at("order")),
        };
        let after: Option<Cursor> = request.after.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let limit = request.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE) as usize;
        let filter = PeopleFilter { open, worker: request.worker, ..PeopleFilter::default() };
        let page = session.store.person_list(&filter, order, after.as_ref(), limit)?;
        let rows = page.rows.into_iter().map(|row| self.row_view(&session, &reader, row));
        Ok(PeoplePage {
            people: rows.collect::<Result<_, _>>()?,
            next: page.next.and_then(|cursor| serde_json::to_string(&cursor).ok()),
            total: session.store.person_count(&filter)?,
        })
    }

    /// A person's page.
    pub(crate) fn person(&self, person: PersonId) -> Result<PersonView, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let row = session.store.person_row(person)?.ok_or_else(Error::not_found)?;
        let all = self.known_of(&session, person)?;
        person_view(person, row.name, row.arriving, &all, &reader).ok_or_else(Error::not_found)
    }

    /// Search in names, places, numbers and notes.
    pub(crate) fn search(&self, text: &str) -> Result<SearchView, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let found = session.store.search(text, HITS)?;
        let mut hits = Vec::new();
        for row in found.people {
            let text = row.alias.clone();
            hits.push(Hit {
                person: self.row_view(&session, &reader, row)?,
                matched: "name".to_owned(),
                text,
            });
        }
        for note in found.notes {
            let Some(row) = session.store.person_row(note.person)? else { continue };
            let known = self.known_about(&session, note.person, note.record)?;
            let text = known.map(|known| excerpt(&known, text)).unwrap_or_default();
            hits.push(Hit {
                person: self.row_view(&session, &reader, row)?,
                matched: "note".to_owned(),
                text,
            });
        }
        Ok(SearchView { hits, incomplete: found.incomplete })
    }

    /// Colleagues.
    pub(crate) fn staff(&self) -> Result<Vec<StaffView>, Error> {
        let session = self.session()?;
        let staff = session.store.staff()?.into_iter().map(|(user, record)| StaffView {
            user,
            name: record.name.unwrap_or_default(),
            role: record.role.map(|role| role.code().to_owned()).unwrap_or_default(),
            team: record.team,
            active: record.active != Some(false),
        });
        Ok(staff.collect())
    }

    /// Keeps what is being typed. About somebody who is no longer here it goes to the supervisor, as unfinished.
    pub(crate) fn save_draft(
        &self,
        key: &str,
        person: Option<PersonId>,
        body: &Value,
    ) -> Result<DraftKept, Error> {
        if key.is_empty() || key.len() > 200 || body.to_string().len() > MAX_DRAFT {
            return Err(Error::new("too_long", "this is more than a draft can hold").at("body"));
        }
        let session = self.session()?;
        let here = session.store.save_draft(key, person, body, (self.clock())())?;
        if !here {
            session.syncer.wake();
        }
        Ok(DraftKept { left: !here })
    }

    pub(crate) fn draft(&self, key: &str) -> Result<Option<DraftView>, Error> {
        let session = self.session()?;
        session.store.draft(key)?.map(|draft| self.draft_view(&session, draft)).transpose()
    }

    pub(crate) fn drop_draft(&self, key: &str) -> Result<(), Error> {
        Ok(self.session()?.store.drop_draft(key)?)
    }

    fn drafts(&self, session: &Session) -> Result<Vec<DraftView>, Error> {
        session.store.drafts()?.into_iter().map(|draft| self.draft_view(session, draft)).collect()
    }

    fn draft_view(&self, session: &Session, draft: store::Draft) -> Result<DraftView, Error> {
        let row = draft.person.map(|person| session.store.person_row(person)).transpose()?.flatten();
        Ok(DraftView {
            key: draft.key,
            person: draft.person,
            person_name: row.map(|row| row.name),
            saved_at: draft.saved_at,
            body: draft.body,
        })
    }

    /// A row of a list, with the place to go to and the number to call first.
    pub(crate) fn row_view(
        &self,
        session: &Session,
        reader: &Reader,
        row: store::PersonRow,
    ) -> Result<PersonRow, Error> {
        let person = row.person;
        let contact = session.store.first_contacts(person)?;
        let identity = contact.identity;
        let due = row.due.map(|by| match row.due_kind {
            DueKind::FollowUp => {
                let day = Some(by.date_in(reader.zone).to_string());
                DueView { what: "follow_up".to_owned(), by, day, not_heard_since: None }
            }
            _ => DueView { what: "first_contact".to_owned(), by, day: None, not_heard_since: None },
        });
        let due = due.map(|due| reader.not_yet_heard(due, row.lead.into_iter().chain(row.partner)));
        Ok(PersonRow {
            person,
            age: super::age(&identity, reader.today()),
            name: row.name,
            stage: row.stage.map(|stage| stage.code().to_owned()),
            due,
            place_id: contact.place.as_ref().map(|(id, _)| *id),
            place: contact.place.map(|(_, place)| super::place_line(&place)),
            phone_id: contact.phone.as_ref().map(|(id, _)| *id),
            phone: contact.phone.and_then(|(_, phone)| phone.number),
            last_reached: row.last_contact,
            last_attempt: row.last_attempt,
            attempts: row.attempts,
            lead: row.lead.map(|lead| reader.name_of(lead)),
            safety: row.safety > 0,
            conflicts: row.conflicts,
            unsent: row.unsent,
            arriving: row.arriving,
        })
    }
}

/// The part of a note around the first word that was looked for.
fn excerpt(known: &Known, looked_for: &str) -> String {
    let values = known.folded.values();
    let word = looked_for.split_whitespace().next().unwrap_or_default().to_lowercase();
    let notes = ["text", "notes", "note", "next_step", "contact_note", "directions"];
    let texts: Vec<&str> = notes.iter().filter_map(|name| values.get(*name)?.as_str()).collect();
    let found = texts.iter().find(|text| text.to_lowercase().contains(&word)).or(texts.first());
    let chars: Vec<char> = found.map(|text| text.chars().collect()).unwrap_or_default();
    let lower: String = chars.iter().collect::<String>().to_lowercase();
    let at = lower.find(&word).map_or(0, |byte| lower[..byte].chars().count());
    let from = at.saturating_sub(EXCERPT / 3).min(chars.len());
    let to = (from + EXCERPT).min(chars.len());
    let cut = |more: bool| if more { "…" } else { "" };
    format!("{}{}{}", cut(from > 0), chars[from..to].iter().collect::<String>().trim(), cut(to < chars.len()))
}
