//! Whom this device holds, and what of them, as the county told it.

use crate::StoreError;
use crate::codec::Owner;
use crate::tx::Tx;
use domain::PersonId;
use rusqlite::{Connection, OptionalExtension};

/// What is held of one person: sets of policy objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub objects: u32,
    /// To be erased as soon as nothing about them is unsent.
    pub leaving: u32,
    /// Whether the history is still under way.
    pub arriving: bool,
}

impl Held {
    /// What the county counts, too.
    pub(crate) fn counted(self) -> u32 {
        self.objects & !self.leaving
    }

    /// Whether nothing of the person is to stay.
    pub(crate) fn leaves(self) -> bool {
        self.leaving != 0 && self.counted() == 0
    }
}

pub(crate) fn read(db: &Connection, person: PersonId) -> Result<Option<Held>, StoreError> {
    let mut find = db.prepare_cached("select objects, leaving, arriving from held where person = ?1")?;
    let found = find.query_row([Owner(Some(person))], |row| {
        Ok(Held { objects: row.get(0)?, leaving: row.get(1)?, arriving: row.get(2)? })
    });
    Ok(found.optional()?)
}

impl Tx<'_, '_> {
    /// What is held of a person, looked up once per transaction.
    pub(crate) fn held(&mut self, person: PersonId) -> Result<Option<Held>, StoreError> {
        if let Some(held) = self.held.get(&person) {
            return Ok(*held);
        }
        let held = read(self.db, person)?;
        self.held.insert(person, held);
        Ok(held)
    }

    /// Notes what is held of a person.
    pub(crate) fn hold(&mut self, person: PersonId, held: Held) -> Result<(), StoreError> {
        let mut upsert = self.db.prepare_cached(
            "insert into held (person, objects, leaving, arriving) values (?1, ?2, ?3, ?4)
             on conflict (person) do update set objects = excluded.objects, leaving = excluded.leaving,
               arriving = excluded.arriving",
        )?;
        upsert.execute((Owner(Some(person)), held.objects, held.leaving, held.arriving))?;
        self.held.insert(person, Some(held));
        Ok(())
    }

    /// The county sends what it has told this device of: also of an object that this version did not know, and so did
    /// not count as held of somebody who was made here.
    pub(crate) fn told_of(&mut self, person: PersonId, object: i64) -> Result<bool, StoreError> {
        match self.held(person)? {
            Some(held) if (held.objects | held.leaving) >> object & 1 == 0 => {
                self.hold(person, Held { objects: held.objects | 1 << object, ..held })?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// What was said of an object that is not held of this person leaves, now that the county has it: the worker's role
    /// was another in between, and what it may not read is not here to stay.
    pub(crate) fn leaves_beyond(&mut self, person: PersonId, object: i64) -> Result<(), StoreError> {
        match self.held(person)? {
            Some(held) if object >= 0 && (held.objects | held.leaving) >> object & 1 == 0 => {
                let (objects, leaving) = (held.objects | 1 << object, held.leaving | 1 << object);
                self.hold(person, Held { objects, leaving, ..held })
            }
            _ => Ok(()),
        }
    }

    /// Notes what was erased, or never was here, to say so to the county.
    pub(crate) fn forget(&self, person: PersonId, objects: u32) -> Result<(), StoreError> {
        let mut upsert = self.db.prepare_cached(
            "insert into forgot (person, objects, said) values (?1, ?2, 0)
             on conflict (person) do update set objects = objects | excluded.objects, said = 0",
        )?;
        upsert.execute((Owner(Some(person)), objects))?;
        Ok(())
    }
}
