//! Reading records: folded from the log, with everything that was said and what became of it.

use crate::codec::{Id, Owner};
use crate::log::{self, Entry};
use crate::people::{PersonRow, row_of};
use crate::store::Store;
use crate::{ChangeState, StoreError, held};
use domain::{Folded, PersonId, Record, RecordId, RecordKind};
use rusqlite::Connection;

/// A record with its history.
#[derive(Clone)]
pub struct StoredRecord {
    /// Which.
    pub id: RecordId,
    /// Of which kind.
    pub kind: RecordKind,
    /// Whose; none for the county's own.
    pub person: Option<PersonId>,
    /// As it stands.
    pub folded: Folded,
    /// Everything that was said about it, oldest first.
    pub history: Vec<Entry>,
}

impl std::fmt::Debug for StoredRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredRecord({:?} {})", self.kind, self.id)
    }
}

impl StoredRecord {
    /// Its values as a plain record.
    pub fn values<R: Record>(&self) -> R {
        R::from_values(&self.folded.values())
    }

    /// Where it stands: refused if anything about it is, else waiting if anything is unsent, else with the county.
    pub fn state(&self) -> ChangeState {
        let worst = [ChangeState::Refused, ChangeState::CountyTooOld, ChangeState::Held, ChangeState::Local];
        let any = |state: &ChangeState| self.history.iter().any(|entry| entry.state == *state);
        worst.into_iter().find(any).unwrap_or(ChangeState::Accepted)
    }
}

/// Everything about one person.
#[derive(Clone, Debug)]
pub struct PersonBundle {
    /// As lists show them; none while no record says who they are.
    pub row: Option<PersonRow>,
    /// Whether their history is still arriving. Nothing of it is in conflict yet.
    pub arriving: bool,
    /// Whether they left the caseload, and are kept only until what is unsent has gone.
    pub leaving: bool,
    /// All their records, voided ones included.
    pub records: Vec<StoredRecord>,
}

impl PersonBundle {
    /// The records of one kind that are not voided.
    pub fn of<R: Record>(&self) -> impl Iterator<Item = (&StoredRecord, R)> {
        let kind = |record: &&StoredRecord| record.kind == R::KIND && !record.folded.voided;
        self.records.iter().filter(kind).map(|record| (record, record.values()))
    }
}

impl Store {
    /// Everything about one person; `None` when nothing about them is here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn person(&self, person: PersonId) -> Result<Option<PersonBundle>, StoreError> {
        self.read(|db| {
            let held = held::read(db, person)?;
            let records = grouped(log::of_person(db, person)?);
            if held.is_none() && records.is_empty() {
                return Ok(None);
            }
            let held = held.unwrap_or_default();
            let row = row_of(db, person)?;
            Ok(Some(PersonBundle { row, arriving: held.arriving, leaving: held.leaves(), records }))
        })
    }

    /// A person's records of one kind, voided ones included; the county's own without a person.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn records(
        &self,
        person: Option<PersonId>,
        kind: &RecordKind,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        self.read(|db| {
            let mut query = db.prepare_cached("select id from record where person = ?1 and kind = ?2")?;
            let code = domain::codes::CodeList::code(kind);
            let ids = query.query_map((Owner(person), code), |row| row.get::<_, Id>(0))?;
            let mut records = Vec::new();
            for id in ids {
                let id = RecordId::from_bytes(id?.0);
                records.extend(stored(id, log::of_record(db, Owner(person), id)?));
            }
            Ok(records)
        })
    }

    /// One record with its history; `None` when it is not here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stored(&self, record: RecordId) -> Result<Option<StoredRecord>, StoreError> {
        self.read(|db| find(db, record))
    }

    /// As [`Store::stored`], of a person, or of the county: quicker where that is known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stored_of(
        &self,
        person: Option<PersonId>,
        record: RecordId,
    ) -> Result<Option<StoredRecord>, StoreError> {
        self.read(|db| find_of(db, Owner(person), record))
    }

    /// One record as it stands; `None` when it is not here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn folded(&self, record: RecordId) -> Result<Option<Folded>, StoreError> {
        Ok(self.stored(record)?.map(|stored| stored.folded))
    }

    /// Everything that was said about a record, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn history(&self, record: RecordId) -> Result<Vec<Entry>, StoreError> {
        Ok(self.stored(record)?.map(|stored| stored.history).unwrap_or_default())
    }
}

pub(crate) fn find(db: &Connection, record: RecordId) -> Result<Option<StoredRecord>, StoreError> {
    match log::owner_of(db, record)? {
        Some(owner) => find_of(db, owner, record),
        None => Ok(None),
    }
}

pub(crate) fn find_of(
    db: &Connection,
    owner: Owner,
    record: RecordId,
) -> Result<Option<StoredRecord>, StoreError> {
    Ok(stored(record, log::of_record(db, owner, record)?))
}

fn stored(id: RecordId, mut history: Vec<Entry>) -> Option<StoredRecord> {
    history.sort_by_key(|entry| (entry.stamp, entry.change.id));
    let first = history.first()?;
    let (kind, person) = (first.change.kind.clone(), first.change.person);
    Some(StoredRecord { id, kind, person, folded: log::folded(&history), history })
}

/// Entries that come record by record.
fn grouped(entries: Vec<Entry>) -> Vec<StoredRecord> {
    let mut records: Vec<(RecordId, Vec<Entry>)> = Vec::new();
    for entry in entries {
        match records.last_mut() {
            Some((id, same)) if *id == entry.change.record => same.push(entry),
            _ => records.push((entry.change.record, vec![entry])),
        }
    }
    records.into_iter().filter_map(|(id, entries)| stored(id, entries)).collect()
}
