//! What needs a look: fields with rival values, refused changes, and where the sync stands.

use crate::codec::{Id, Owner};
use crate::log::ChangeState;
use crate::people::row_of;
use crate::read::{StoredRecord, find_of};
use crate::store::Store;
use crate::{StoreError, meta, notes};
use domain::{Millis, PersonId, RecordId};
use rusqlite::Connection;
use sync::wire::DeviceSeen;

/// A record of which some fields hold values that nobody has chosen between.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// Whose, by name; empty for the county's own records.
    pub name: String,
    /// The record; [`domain::Folded::conflicts`] names the fields.
    pub record: StoredRecord,
}

/// How many changes are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxState {
    /// Wait to be sent.
    pub local: u32,
    /// Wait for the `create` of their record.
    pub held: u32,
    /// Refused.
    pub refused: u32,
    /// Wait for a newer county.
    pub county_too_old: u32,
    /// Of those that were refused or wait: handed over by their author, and the county does not have them yet.
    pub filed: u32,
    /// When the oldest of them was made.
    pub oldest: Option<Millis>,
}

impl OutboxState {
    /// All that the county does not have.
    pub fn unsent(&self) -> u32 {
        self.local + self.held + self.refused + self.county_too_old
    }
}

/// Where the sync stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncState {
    /// Whether a pull has ever been completed in part.
    pub started: bool,
    /// Whether county and device agreed when they last compared.
    pub agrees: bool,
    /// When they last agreed, by the county's clock.
    pub agreed_at: Option<Millis>,
    /// When they last compared, by the county's clock.
    pub checked_at: Option<Millis>,
    /// This device's clock minus the county's at the last sync, in milliseconds.
    pub clock_offset: i64,
    /// People held.
    pub people: u32,
    /// Of those, people whose history is still arriving.
    pub arriving: u32,
    /// People who left and are kept only until what is unsent has gone.
    pub leaving: u32,
    /// Changes whose notes search has not looked at yet.
    pub notes_left: u64,
    /// How much is unsent.
    pub outbox: OutboxState,
}

impl Store {
    /// Everything that needs a choice. People who are still arriving raise none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn conflicts(&self) -> Result<Vec<Conflict>, StoreError> {
        self.read(|db| {
            let mut query = db.prepare_cached(
                "select r.id, r.person from record r left join held h on h.person = r.person
                 where r.rivals > 0 and coalesce(h.arriving, 0) = 0 order by r.person, r.id",
            )?;
            let mut rows = query.query([])?;
            let mut conflicts = Vec::new();
            while let Some(row) = rows.next()? {
                let owner: Owner = row.get(1)?;
                let known = owner.0.map(|person| row_of(db, person)).transpose()?.flatten();
                let name = known.map(|row| row.name).unwrap_or_default();
                let record = find_of(db, owner, RecordId::from_bytes(row.get::<_, Id>(0)?.0))?;
                conflicts.extend(record.map(|record| Conflict { name, record }));
            }
            Ok(conflicts)
        })
    }

    /// How many changes are where.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_state(&self) -> Result<OutboxState, StoreError> {
        self.read(outbox_state)
    }

    /// Where the sync stands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sync_state(&self) -> Result<SyncState, StoreError> {
        self.read(|db| {
            let (people, arriving, leaving) = db.query_row(
                "select count(*), coalesce(sum(arriving), 0),
                   coalesce(sum(leaving <> 0 and objects & ~leaving = 0), 0) from held",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?;
            Ok(SyncState {
                started: meta::get(db, meta::TOKEN)?.is_some(),
                agrees: meta::number(db, meta::AGREES)? == Some(1),
                agreed_at: meta::number(db, meta::AGREED_AT)?.map(Millis),
                checked_at: meta::number(db, meta::CHECKED_AT)?.map(Millis),
                clock_offset: meta::number(db, meta::CLOCK_OFFSET)?.unwrap_or(0),
                people,
                arriving,
                leaving,
                notes_left: notes::remaining(db)?,
                outbox: outbox_state(db)?,
            })
        })
    }

    /// Whether a person's history is still arriving.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_arriving(&self, person: PersonId) -> Result<bool, StoreError> {
        self.read(|db| Ok(crate::held::read(db, person)?.is_some_and(|held| held.arriving)))
    }

    /// Each worker's devices as the county last heard of them, for those who may see it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn devices_seen(&self) -> Result<Vec<DeviceSeen>, StoreError> {
        self.read(|db| bodies(db, "select body from device_seen order by device"))
    }

    /// Keeps something of the app's own inside the vault: its county, its device key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.transaction(|tx| meta::put(tx.db, &["app/", key].concat(), value))
    }

    /// What [`Store::keep`] kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn kept(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|db| meta::get(db, &["app/", key].concat()))
    }
}

fn bodies<T: serde::de::DeserializeOwned>(db: &Connection, sql: &str) -> Result<Vec<T>, StoreError> {
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(serde_json::from_str(row.get_ref(0)?.as_str().map_err(|_| StoreError::Damaged)?)?);
    }
    Ok(all)
}

fn outbox_state(db: &Connection) -> Result<OutboxState, StoreError> {
    let mut query = db.prepare_cached(
        "select state, count(*), count(filed_at) from change indexed by change_open
                 where state <> 1 and state < 5 group by state",
    )?;
    let mut rows = query.query([])?;
    let mut counts = OutboxState::default();
    while let Some(row) = rows.next()? {
        let count: u32 = row.get(1)?;
        counts.filed += row.get::<_, u32>(2)?;
        match ChangeState::from_number(row.get(0)?)? {
            ChangeState::Local => counts.local = count,
            ChangeState::Held => counts.held = count,
            ChangeState::Refused => counts.refused = count,
            _ => counts.county_too_old = count,
        }
    }
    if counts.unsent() > 0 {
        let mut oldest = db.prepare_cached(
            "select min(stamp) from change indexed by change_open where state <> 1 and state < 5",
        )?;
        let stamp: i64 = oldest.query_row([], |row| row.get(0))?;
        counts.oldest = Some(domain::Stamp(stamp as u64).moment());
    }
    Ok(counts)
}
