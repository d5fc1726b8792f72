//! Pages of the lists, by keyset: the next page starts after the last row of this one, however long the list is.

use super::{NO_DUE, PersonRow, ROW, read_row};
use crate::StoreError;
use crate::codec::{Id, Owner};
use crate::store::Store;
use domain::{Millis, PersonId, TeamId, UserId};
use rusqlite::ToSql;
use serde::{Deserialize, Serialize};

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Due first.
    Due,
    /// By family name.
    Name,
    /// Those first who were not reached for longest.
    LastContact,
}

/// Which people a list shows. Everything that is set must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeopleFilter {
    /// Whether a case is open.
    pub open: Option<bool>,
    /// Carried by this worker, as lead or partner.
    pub worker: Option<UserId>,
    /// Served by this team.
    pub team: Option<TeamId>,
    /// Nobody leads yet.
    pub unassigned: bool,
    /// Due before this moment.
    pub due_before: Option<Millis>,
    /// With visits that no supervisor marked as read.
    pub to_review: bool,
    /// With events that wait for a human decision.
    pub undecided: bool,
    /// With fields that need a look.
    pub conflicts: bool,
    /// With changes that the county does not have yet.
    pub unsent: bool,
}

/// Where a page ended.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    number: i64,
    text: String,
    person: PersonId,
}

impl std::fmt::Debug for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cursor({})", self.person)
    }
}

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<PersonRow>,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

/// How much one worker carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caseload {
    /// Who leads; none for cases that nobody carries yet.
    pub lead: Option<UserId>,
    /// Open cases.
    pub open: u32,
    /// Of those, due before the moment asked about.
    pub due: u32,
    /// Visits to review.
    pub to_review: u32,
    /// The last time any of them was reached.
    pub last_contact: Option<Millis>,
}

/// An open case that is past due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// Who leads.
    pub lead: Option<UserId>,
    /// Who goes along.
    pub partner: Option<UserId>,
    /// By when it was due.
    pub due: Millis,
}

type Values = Vec<Box<dyn ToSql>>;

impl PeopleFilter {
    /// Adds the conditions and their values. The texts are ours; values are always bound.
    fn conditions(&self, sql: &mut String, values: &mut Values) {
        if let Some(open) = self.open {
            sql.push_str(" and open = ?");
            values.push(Box::new(open));
        }
        if let Some(worker) = self.worker {
            sql.push_str(" and (lead = ? or partner = ?)");
            values.push(Box::new(Id(worker.bytes())));
            values.push(Box::new(Id(worker.bytes())));
        }
        if let Some(team) = self.team {
            sql.push_str(" and team = ?");
            values.push(Box::new(Id(team.bytes())));
        }
        if let Some(before) = self.due_before {
            sql.push_str(" and due < ?");
            values.push(Box::new(before.0));
        }
        let flags = [
            (self.unassigned, " and open = 1 and lead is null"),
            (self.to_review, " and to_review > 0"),
            (self.undecided, " and undecided > 0"),
            (self.conflicts, " and conflicts > 0"),
            (self.unsent, " and unsent > 0"),
        ];
        flags.iter().filter(|(set, _)| *set).for_each(|(_, condition)| sql.push_str(condition));
    }
}

impl Store {
    /// A page of people. Those whose row came between two pages because of a change are not shown twice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn person_list(
        &self,
        filter: &PeopleFilter,
        order: Order,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let (mut sql, mut values) = (String::from(ROW), Values::new());
        sql.push_str("where true");
        if let Some(after) = after {
            sql.push_str(match order {
                Order::Due => " and (due, person) > (?, ?)",
                Order::Name => " and (sort, person) > (?, ?)",
                Order::LastContact => " and (last_contact, person) > (?, ?)",
            });
            match order {
                Order::Name => values.push(Box::new(after.text.clone())),
                _ => values.push(Box::new(after.number)),
            }
            values.push(Box::new(Id(after.person.bytes())));
        }
        filter.conditions(&mut sql, &mut values);
        sql.push_str(match order {
            Order::Due => " order by due, person limit ?",
            Order::Name => " order by sort, person limit ?",
            Order::LastContact => " order by last_contact, person limit ?",
        });
        values.push(Box::new(limit as i64 + 1));
        self.read(|db| {
            let mut query = db.prepare_cached(&sql)?;
            let found = query.query_map(rusqlite::params_from_iter(values.iter()), |row| {
                Ok((read_row(row)?, row.get::<_, String>(24)?))
            })?;
            let mut rows: Vec<(PersonRow, String)> = found.collect::<Result<_, _>>()?;
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows.last().filter(|_| more).map(|(row, sort)| cursor(row, sort, order));
            Ok(Page { rows: rows.into_iter().map(|(row, _)| row).collect(), next })
        })
    }

    /// How many people a filter shows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn person_count(&self, filter: &PeopleFilter) -> Result<u32, StoreError> {
        let (mut sql, mut values) =
            (String::from("select count(*) from person_list where true"), Values::new());
        filter.conditions(&mut sql, &mut values);
        self.read(|db| {
            let mut query = db.prepare_cached(&sql)?;
            Ok(query.query_row(rusqlite::params_from_iter(values.iter()), |row| row.get(0))?)
        })
    }

    /// One person's row; `None` when nothing says who they are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn person_row(&self, person: PersonId) -> Result<Option<PersonRow>, StoreError> {
        self.read(|db| row_of(db, person))
    }

    /// Open cases by the worker who leads them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn caseloads(&self, due_before: Millis) -> Result<Vec<Caseload>, StoreError> {
        self.read(|db| {
            let mut query = db.prepare_cached(
                "select lead, count(*), sum(due < ?1), sum(to_review), max(last_contact)
                 from person_list where open = 1 group by lead order by lead",
            )?;
            let rows = query.query_map([due_before.0], |row| {
                let last: i64 = row.get(4)?;
                Ok(Caseload {
                    lead: row.get::<_, Option<Id>>(0)?.map(|id| UserId::from_bytes(id.0)),
                    open: row.get(1)?,
                    due: row.get(2)?,
                    to_review: row.get(3)?,
                    last_contact: (last != 0).then_some(Millis(last)),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Open cases that were due before this moment, the longest past first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn overdue(&self, before: Millis) -> Result<Vec<Overdue>, StoreError> {
        self.read(|db| {
            let mut query = db.prepare_cached(
                "select lead, partner, due from person_list where due < ?1 and open = 1 order by due",
            )?;
            let user = |id: Option<Id>| id.map(|id| UserId::from_bytes(id.0));
            let rows = query.query_map([before.0], |row| {
                Ok(Overdue { lead: user(row.get(0)?), partner: user(row.get(1)?), due: Millis(row.get(2)?) })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

pub(crate) fn row_of(db: &rusqlite::Connection, person: PersonId) -> Result<Option<PersonRow>, StoreError> {
    let mut sql = String::from(ROW);
    sql.push_str("where person = ?1");
    let mut query = db.prepare_cached(&sql)?;
    let found = query.query_row([Owner(Some(person))], read_row);
    Ok(rusqlite::OptionalExtension::optional(found)?)
}

fn cursor(row: &PersonRow, sort: &str, order: Order) -> Cursor {
    let number = match order {
        Order::Due => row.due.map_or(NO_DUE, |due| due.0),
        Order::LastContact => row.last_contact.map_or(0, |at| at.0),
        Order::Name => 0,
    };
    let text = if order == Order::Name { sort.to_owned() } else { String::new() };
    Cursor { number, text, person: row.person }
}
