//! Writes a person's row, and what name search knows of them.

use super::names::phone_text;
use super::{NO_DUE, PersonRow, list};
use crate::StoreError;
use crate::codec::{Id, Owner};
use crate::county::Calendar;
use crate::summary::{RecordRow, records_of};
use domain::codes::CodeList;
use domain::records::{Alias, Person, Phone, Place};
use domain::{Millis, PersonId, RecordKind};
use rusqlite::{Connection, OptionalExtension, ToSql};

/// Makes a person's row anew; takes it away when no record says any more who they are.
pub(crate) fn refresh(
    db: &Connection,
    person: PersonId,
    calendar: &Calendar,
    arriving: bool,
    renamed: bool,
) -> Result<(), StoreError> {
    let owner = Owner(Some(person));
    let records = records_of(db, owner)?;
    let Some((mut row, sort)) = list::row(&records, calendar) else { return remove(db, person) };
    row.arriving = arriving;
    if arriving {
        row.conflicts = 0;
    }
    row.unsent = unsent(db, owner)?;
    let known = find(db, owner)?;
    let n = write(db, known.as_ref(), &row, &sort)?;
    if renamed || known.is_none() {
        index(db, known.is_some(), n, &records)?;
    }
    Ok(())
}

/// Writes how much about a person is unsent, where nothing else of their row can have changed.
pub(crate) fn recount_unsent(db: &Connection, person: PersonId) -> Result<(), StoreError> {
    let owner = Owner(Some(person));
    let mut update = db.prepare_cached("update person_list set unsent = ?2 where person = ?1")?;
    update.execute((owner, unsent(db, owner)?))?;
    Ok(())
}

fn unsent(db: &Connection, owner: Owner) -> Result<u32, StoreError> {
    let mut count = db.prepare_cached(
        "select count(*) from change indexed by change_open_by_person
         where person = ?1 and state <> 1 and state < 5",
    )?;
    Ok(count.query_row([owner], |count| count.get(0))?)
}

/// Takes a person out of lists and name search.
pub(crate) fn remove(db: &Connection, person: PersonId) -> Result<(), StoreError> {
    let mut delete = db.prepare_cached("delete from person_list where person = ?1 returning n")?;
    let n: Option<i64> = delete.query_row([Owner(Some(person))], |row| row.get(0)).optional()?;
    if let Some(n) = n {
        db.prepare_cached("delete from search_names where rowid = ?1")?.execute([n])?;
    }
    Ok(())
}

/// What a row is sorted and found by: each has an index.
struct Indexed {
    n: i64,
    sort: String,
    due: i64,
    last_contact: i64,
    to_review: u32,
}

fn find(db: &Connection, owner: Owner) -> Result<Option<Indexed>, StoreError> {
    let mut find =
        db.prepare_cached("select n, sort, due, last_contact, to_review from person_list where person = ?1")?;
    let found = find.query_row([owner], |row| {
        let (n, sort, due) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Indexed { n, sort, due, last_contact: row.get(3)?, to_review: row.get(4)? })
    });
    Ok(found.optional()?)
}

/// Writes a row. SQLite rewrites an index when a statement sets its column, also to what it was, and each page of an
/// index is one more to encrypt and to write: what is indexed is set only where it changes.
fn write(db: &Connection, known: Option<&Indexed>, row: &PersonRow, sort: &str) -> Result<i64, StoreError> {
    let moment = |at: Option<Millis>| at.map_or(0, |at| at.0);
    let (due, last_contact) = (row.due.map_or(NO_DUE, |due| due.0), moment(row.last_contact));
    let mut write = db.prepare_cached(match known {
        None => {
            "insert into person_list (n, person, name, alias, sort, due, due_kind, last_contact, last_attempt,
               latest_event, stage, open, case_id, team, lead, partner, attempts, visits, to_review, undecided, safety,
               referrals, conflicts, unsent, arriving, died)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
               ?22, ?23, ?24, ?25, ?26)"
        }
        Some(_) => {
            "update person_list set name = ?3, alias = ?4, due_kind = ?7, last_attempt = ?9, latest_event = ?10,
               stage = ?11, open = ?12, case_id = ?13, team = ?14, lead = ?15, partner = ?16, attempts = ?17,
               visits = ?18, undecided = ?20, safety = ?21, referrals = ?22, conflicts = ?23, unsent = ?24,
               arriving = ?25, died = ?26
             where n = ?1"
        }
    })?;
    write.execute(rusqlite::params![
        known.map(|old| old.n),
        Owner(Some(row.person)),
        row.name,
        row.alias,
        sort,
        due,
        row.due_kind as i64,
        last_contact,
        moment(row.last_attempt),
        moment(row.latest_event),
        row.stage.as_ref().map(|stage| stage.code()),
        row.open,
        row.case.map(|id| Id(id.bytes())),
        row.team.map(|id| Id(id.bytes())),
        row.lead.map(|id| Id(id.bytes())),
        row.partner.map(|id| Id(id.bytes())),
        row.attempts,
        row.visits,
        row.to_review,
        row.undecided,
        row.safety,
        row.referrals,
        row.conflicts,
        row.unsent,
        row.arriving,
        row.died,
    ])?;
    let Some(old) = known else { return Ok(db.last_insert_rowid()) };
    let set = |update: &str, to: &dyn ToSql| db.prepare_cached(update)?.execute((old.n, to));
    if old.sort != sort {
        set("update person_list set sort = ?2 where n = ?1", &sort)?;
    }
    if old.due != due {
        set("update person_list set due = ?2 where n = ?1", &due)?;
    }
    if old.last_contact != last_contact {
        set("update person_list set last_contact = ?2 where n = ?1", &last_contact)?;
    }
    if old.to_review != row.to_review {
        set("update person_list set to_review = ?2 where n = ?1", &row.to_review)?;
    }
    Ok(old.n)
}

/// What name search knows of a person: every name, every place, every number.
fn index(db: &Connection, known: bool, n: i64, records: &[RecordRow]) -> Result<(), StoreError> {
    let (mut names, mut places, mut phones) = (Vec::new(), Vec::new(), Vec::new());
    for row in records {
        match row.kind {
            RecordKind::Person => {
                let person: Person = row.facts();
                names.extend([person.first_name, person.last_name, person.alias].into_iter().flatten());
            }
            RecordKind::Alias => names.extend(row.facts::<Alias>().name),
            RecordKind::Place => {
                let place: Place = row.facts();
                let parts = [place.label, place.street, place.unit, place.city, place.zip];
                places.extend(parts.into_iter().flatten());
            }
            RecordKind::Phone => phones.extend(row.facts::<Phone>().number.as_deref().map(phone_text)),
            _ => {}
        }
    }
    if known {
        db.prepare_cached("delete from search_names where rowid = ?1")?.execute([n])?;
    }
    let mut insert =
        db.prepare_cached("insert into search_names (rowid, names, places, phones) values (?1, ?2, ?3, ?4)")?;
    insert.execute((n, names.join(" "), places.join(" "), phones.join(" ")))?;
    Ok(())
}
