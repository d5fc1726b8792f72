//! The lists of people: one ready-made row each, paged by what they are sorted by.

use crate::StoreError;
use crate::codec::{Id, Owner};
use domain::codes::{CaseStage, CodeList};
use domain::{Millis, PersonId, RecordId, TeamId, UserId};
use rusqlite::{Connection, Row};

mod list;
mod names;
mod page;
mod table;

pub use names::display_name;
pub(crate) use names::plain;
pub(crate) use page::row_of;
pub use page::{Caseload, Cursor, Order, Overdue, Page, PeopleFilter};
pub(crate) use table::{recount_unsent, refresh, remove};

/// Why somebody is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DueKind {
    /// Nothing is due.
    #[default]
    Nothing,
    /// They should first be reached by then.
    FirstContact,
    /// A follow-up falls on that day.
    FollowUp,
}

/// One person, as a list shows them.
#[derive(Clone, PartialEq)]
pub struct PersonRow {
    /// Who.
    pub person: PersonId,
    /// The name to show; empty when none is known.
    pub name: String,
    /// What the team calls them, where that is another name.
    pub alias: String,
    /// By when they are due.
    pub due: Option<Millis>,
    /// For what.
    pub due_kind: DueKind,
    /// When they were last reached.
    pub last_contact: Option<Millis>,
    /// When they were last looked for.
    pub last_attempt: Option<Millis>,
    /// Their latest overdose that counts for outreach.
    pub latest_event: Option<Millis>,
    /// The stage of the open case, else of the latest.
    pub stage: Option<CaseStage>,
    /// Whether a case is open.
    pub open: bool,
    /// That case.
    pub case: Option<RecordId>,
    /// The team that serves them.
    pub team: Option<TeamId>,
    /// Who leads.
    pub lead: Option<UserId>,
    /// Who goes along.
    pub partner: Option<UserId>,
    /// How many attempts there were since they were last reached: none of these reached them.
    pub attempts: u32,
    /// How many visits.
    pub visits: u32,
    /// How many of them no supervisor has marked as read.
    pub to_review: u32,
    /// How many events wait for a human decision.
    pub undecided: u32,
    /// How many safety notes are in force.
    pub safety: u32,
    /// How many referrals have no outcome yet.
    pub referrals: u32,
    /// How many fields need a look.
    pub conflicts: u32,
    /// How many changes the county does not have yet.
    pub unsent: u32,
    /// Whether their history is still arriving.
    pub arriving: bool,
    /// Whether they died.
    pub died: bool,
}

impl PersonRow {
    /// Of somebody about whom nothing else is known.
    pub(crate) fn of(person: PersonId) -> Self {
        Self {
            person,
            name: String::new(),
            alias: String::new(),
            due: None,
            due_kind: DueKind::Nothing,
            last_contact: None,
            last_attempt: None,
            latest_event: None,
            stage: None,
            open: false,
            case: None,
            team: None,
            lead: None,
            partner: None,
            attempts: 0,
            visits: 0,
            to_review: 0,
            undecided: 0,
            safety: 0,
            referrals: 0,
            conflicts: 0,
            unsent: 0,
            arriving: false,
            died: false,
        }
    }
}

/// Shows no name: what people recorded never reaches a log.
impl std::fmt::Debug for PersonRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PersonRow({:?})", self.person)
    }
}

pub(crate) const NO_DUE: i64 = i64::MAX;

/// The columns that [`read_row`] reads, in its order.
pub(crate) const ROW: &str = "select person, name, alias, due, due_kind, last_contact, last_attempt, latest_event, \
     stage, open, case_id, team, lead, partner, attempts, visits, to_review, undecided, safety, referrals, conflicts, \
     unsent, arriving, died, sort from person_list ";

pub(crate) fn read_row(row: &Row<'_>) -> rusqlite::Result<PersonRow> {
    let moment = |at: i64| (at != 0).then_some(Millis(at));
    let id = |at: usize| row.get::<_, Option<Id>>(at);
    let due: i64 = row.get(3)?;
    Ok(PersonRow {
        person: PersonId::from_bytes(row.get::<_, Id>(0)?.0),
        name: row.get(1)?,
        alias: row.get(2)?,
        due: (due != NO_DUE).then_some(Millis(due)),
        due_kind: match row.get(4)? {
            1 => DueKind::FirstContact,
            2 => DueKind::FollowUp,
            _ => DueKind::Nothing,
        },
        last_contact: moment(row.get(5)?),
        last_attempt: moment(row.get(6)?),
        latest_event: moment(row.get(7)?),
        stage: row.get::<_, Option<String>>(8)?.map(|code| CaseStage::from_code(&code)),
        open: row.get(9)?,
        case: id(10)?.map(|id| RecordId::from_bytes(id.0)),
        team: id(11)?.map(|id| TeamId::from_bytes(id.0)),
        lead: id(12)?.map(|id| UserId::from_bytes(id.0)),
        partner: id(13)?.map(|id| UserId::from_bytes(id.0)),
        attempts: row.get(14)?,
        visits: row.get(15)?,
        to_review: row.get(16)?,
        undecided: row.get(17)?,
        safety: row.get(18)?,
        referrals: row.get(19)?,
        conflicts: row.get(20)?,
        unsent: row.get(21)?,
        arriving: row.get(22)?,
        died: row.get(23)?,
    })
}

/// Everybody who has a row.
pub(crate) fn all(db: &Connection) -> Result<Vec<PersonId>, StoreError> {
    let mut query = db.prepare_cached("select person from person_list")?;
    let people = query.query_map([], |row| row.get::<_, Owner>(0))?;
    let people: Vec<Owner> = people.collect::<Result<_, _>>()?;
    Ok(people.into_iter().filter_map(|owner| owner.0).collect())
}
