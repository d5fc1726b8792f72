//! Erasing who left: rows, search, drafts, lists, and then the free pages and the log file.

use super::person;
use crate::codec::Owner;
use crate::held::Held;
use crate::store::Store;
use crate::tx::Tx;
use crate::{StoreError, Topic, database, notes, people, proof};
use domain::PersonId;
use rusqlite::Connection;

impl Store {
    /// Erases everybody, and every object of somebody, that left the caseload and of which nothing is unsent. Gives the
    /// number of people of whom there was anything to erase.
    pub(super) fn erase_left(&self) -> Result<usize, StoreError> {
        let ready = self.read(ready)?;
        if ready.is_empty() {
            return Ok(0);
        }
        let erased = self.transaction(|tx| {
            let mut erased = 0;
            for (person, held) in &ready {
                // What was read may be old by now: only what still holds is erased.
                if tx.held(*person)? == Some(*held) && !waits(tx.db, *person, *held)? {
                    erased += usize::from(erase(tx, *person, *held)?);
                }
            }
            notes::after_erasing(tx.db)?;
            proof::sweep(tx.db)?;
            tx.topics.extend([Topic::People, Topic::Sync, Topic::Conflicts, Topic::Drafts]);
            Ok::<_, StoreError>(erased)
        })?;
        if erased > 0 {
            self.alone(database::wipe_free_pages)?;
        }
        Ok(erased)
    }
}

fn ready(db: &Connection) -> Result<Vec<(PersonId, Held)>, StoreError> {
    let mut query =
        db.prepare_cached("select person, objects, leaving, arriving from held where leaving <> 0")?;
    let mut rows = query.query([])?;
    let mut ready = Vec::new();
    while let Some(row) = rows.next()? {
        let held = Held { objects: row.get(1)?, leaving: row.get(2)?, arriving: row.get(3)? };
        let person = person(row.get::<_, Owner>(0)?)?;
        if !waits(db, person, held)? {
            ready.push((person, held));
        }
    }
    Ok(ready)
}

/// Whether anything about what leaves is still unsent.
fn waits(db: &Connection, person: PersonId, held: Held) -> Result<bool, StoreError> {
    let owner = Owner(Some(person));
    let mut query = db.prepare_cached(
        "select exists (select 1 from change indexed by change_open_by_person
           where person = ?1 and state <> 1 and state < 5 and (?2 or (object >= 0 and ?3 >> object & 1)))
         or (?2 and exists (select 1 from draft where person = ?1))",
    )?;
    Ok(query.query_row((owner, held.leaves(), held.leaving), |row| row.get(0))?)
}

/// Erases what leaves of one person; whether there was any of it.
fn erase(tx: &mut Tx<'_, '_>, person: PersonId, held: Held) -> Result<bool, StoreError> {
    let owner = Owner(Some(person));
    let db = tx.db;
    db.prepare_cached("delete from recheck where person = ?1")?.execute([owner])?;
    tx.forget(person, held.leaving)?;
    if !held.leaves() {
        return erase_objects(tx, person, held);
    }
    notes::forget(db, owner, u32::MAX)?;
    people::remove(db, person)?;
    tx.uncount(person)?;
    for statement in [
        "delete from change where person = ?1",
        "delete from record where person = ?1",
        "delete from draft where person = ?1",
        "delete from held where person = ?1",
    ] {
        db.prepare_cached(statement)?.execute([owner])?;
    }
    Ok(true)
}

/// Only some objects of a person leave: they are still held, and less of them is known.
fn erase_objects(tx: &mut Tx<'_, '_>, person: PersonId, held: Held) -> Result<bool, StoreError> {
    let owner = Owner(Some(person));
    notes::forget(tx.db, owner, held.leaving)?;
    let mut delete =
        tx.db.prepare_cached("delete from change where person = ?1 and object >= 0 and ?2 >> object & 1")?;
    let erased = delete.execute((owner, held.leaving))? > 0;
    // All changes of a record belong to one object: what is left without any goes with them, of unknown kinds, too.
    let mut delete = tx.db.prepare_cached(
        "delete from record where person = ?1 and not exists
           (select 1 from change where change.person = ?1 and change.record = record.id)",
    )?;
    delete.execute([owner])?;
    tx.hold(person, Held { objects: held.counted(), leaving: 0, arriving: held.arriving })?;
    tx.recount(person)?;
    tx.rename(person);
    Ok(erased)
}
