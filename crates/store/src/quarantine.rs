//! What the county did not take: shown until it is corrected, sent again, or handed over. And what supervisors are
//! shown of what others handed over.

use crate::codec::{Id, Owner};
use crate::log::{self, Entry};
use crate::store::Store;
use crate::{StoreError, Topic, WriteTx, meta};
use domain::{ChangeId, DeviceId, Millis, PersonId, RecordKind};
use rusqlite::{Connection, Row};
use serde_json::value::RawValue;
use sync::wire::{HandOver, HandOverKind, HandedOver};

/// A change that the county refused, that waits for another one, or that the county is too old for.
#[derive(Clone, Debug)]
pub struct Quarantined {
    /// The change, and why.
    pub entry: Entry,
    /// When its author handed it over. It waits for the county to say that it has it.
    pub filed_at: Option<Millis>,
}

/// The device of handed-over work as it is kept: zero where the county does not say which.
pub(crate) fn from_device(device: Option<DeviceId>) -> Id {
    Id(device.map_or([0; 16], |device| device.bytes()))
}

/// Work that a supervisor is shown.
#[derive(Clone, Debug)]
pub struct Handed {
    /// The work, as the county sent it.
    pub work: HandedOver,
    /// When it was taken care of on this device, if the county does not know it yet.
    pub settling: Option<Millis>,
}

/// Something that went to the county's quarantine by itself, because its person is no longer on this device. Says
/// nothing about who that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehomed {
    /// Its id.
    pub id: ChangeId,
    /// Something begun and not finished; else a change that was refused.
    pub draft: bool,
    /// The kind of the change, or the key of the draft up to the person.
    pub kind: String,
    /// When.
    pub at: Millis,
}

/// Everything that the county does not have and will not take as it is.
const OPEN: &str = "select body, stamp, state, code, field, filed_at, n from change indexed by change_open
    where state <> 1 and state < 5 and state in (2, 3, 4)";

impl Store {
    /// Everything that the county did not take, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn quarantine(&self) -> Result<Vec<Quarantined>, StoreError> {
        self.read(|db| {
            let mut query = db.prepare_cached(&[OPEN, " order by n"].concat())?;
            let mut rows = query.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(quarantined(row)?);
            }
            Ok(all)
        })
    }

    /// Work as it travels to the county: these changes, and those that wait for one of them.
    ///
    /// # Errors
    /// `NotFound` when one is not in quarantine, or is about no person.
    pub fn hand_overs(&self, changes: &[ChangeId]) -> Result<Vec<HandOver>, StoreError> {
        self.read(|db| Ok(with_dependents(db, changes)?.into_iter().map(|(_, work)| work).collect()))
    }

    /// Notes that these changes, and those that wait for one of them, are handed over. They go to the county's
    /// quarantine with the next sync and stay visible until the county says that it has them.
    ///
    /// # Errors
    /// As [`Store::hand_overs`].
    pub fn file(&self, changes: &[ChangeId], now: Millis) -> Result<(), StoreError> {
        self.transaction(|tx| {
            let mut note = tx.db.prepare_cached("update change set filed_at = ?2 where n = ?1")?;
            for (n, work) in with_dependents(tx.db, changes)? {
                note.execute((n, now.0))?;
                tx.topics.insert(Topic::Person(work.person));
            }
            tx.topics.extend([Topic::Sync, Topic::Conflicts]);
            Ok(())
        })
    }

    /// Lets go of a change that was handed over as a file, without waiting for the county: its author has heard that it
    /// arrived. It stays in the history.
    ///
    /// # Errors
    /// `NotFound` when it was not handed over.
    pub fn settle_filed(&self, change: ChangeId) -> Result<(), StoreError> {
        self.transaction(|tx| {
            let n = find(tx.db, change)?.filter(|(_, one)| one.filed_at.is_some());
            let (n, one) = n.ok_or(StoreError::NotFound)?;
            log::set_state(tx.db, n, crate::ChangeState::HandedOver)?;
            let change = one.entry.change;
            tx.refold(Owner(change.person), change.record, &change.kind);
            tx.topics.extend([Topic::Sync, Topic::Conflicts]);
            Ok(())
        })
    }

    /// Offers what a county was too old for with the next sync, without waiting for its hour.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn retry(&self) -> Result<(), StoreError> {
        self.transaction(|tx| {
            tx.db.execute(
                "update change indexed by change_open set retry_at = 0 where state <> 1 and state < 5 and state = 4",
                [],
            )?;
            tx.topics.insert(Topic::Sync);
            Ok(())
        })
    }

    /// Work in the county's quarantine, for those who may see it: what waits first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn handed_over(&self) -> Result<Vec<Handed>, StoreError> {
        self.read(|db| {
            let mut query = db.prepare_cached(
                "select h.body, s.at from handed_over h
                 left join settling s on s.id = h.id and s.device = h.device order by h.id, h.device",
            )?;
            let mut rows = query.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let work = serde_json::from_str(row.get_ref(0)?.as_str().map_err(|_| StoreError::Damaged)?)?;
                all.push(Handed { work, settling: row.get::<_, Option<i64>>(1)?.map(Millis) });
            }
            Ok(all)
        })
    }

    /// How much work waits for a look at the county and was not taken care of here: more than is shown, where it does
    /// not go into one answer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn handed_waiting(&self) -> Result<u32, StoreError> {
        self.read(|db| {
            let all = meta::number(db, meta::HANDED_WAITING)?.unwrap_or(0);
            let settling: i64 = db.query_row("select count(*) from settling", [], |row| row.get(0))?;
            Ok(u32::try_from(all - settling).unwrap_or(0))
        })
    }

    /// Notes that somebody has taken care of work that was handed over from a device. The county hears of it with the
    /// next sync.
    ///
    /// # Errors
    /// `NotFound` when it is not here.
    pub fn settle_handed(
        &self,
        work: ChangeId,
        device: Option<DeviceId>,
        now: Millis,
    ) -> Result<(), StoreError> {
        let key = (Id::from(work), from_device(device));
        self.transaction(|tx| {
            let mut note = tx
                .db
                .prepare_cached("insert or ignore into settling (id, device, at) values (?1, ?2, ?3)")?;
            let mut find = tx
                .db
                .prepare_cached("select exists (select 1 from handed_over where id = ?1 and device = ?2)")?;
            if !find.query_row(key, |row| row.get(0))? {
                return Err(StoreError::NotFound);
            }
            note.execute((key.0, key.1, now.0))?;
            tx.topics.extend([Topic::Sync, Topic::Conflicts]);
            Ok(())
        })
    }

    /// What went to the county's quarantine by itself and was not yet acknowledged, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rehomed(&self) -> Result<Vec<Rehomed>, StoreError> {
        self.read(|db| {
            let mut query = db.prepare_cached("select id, draft, kind, at from rehomed order by at, id")?;
            let rows = query.query_map([], |row| {
                Ok(Rehomed {
                    id: ChangeId::from_bytes(row.get::<_, Id>(0)?.0),
                    draft: row.get(1)?,
                    kind: row.get(2)?,
                    at: Millis(row.get(3)?),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The worker has read what [`Store::rehomed`] says.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn acknowledge_rehomed(&self) -> Result<(), StoreError> {
        self.transaction(|tx| {
            tx.db.execute("delete from rehomed", [])?;
            tx.topics.insert(Topic::Conflicts);
            Ok(())
        })
    }
}

impl WriteTx<'_, '_, '_> {
    /// A change in quarantine.
    ///
    /// # Errors
    /// `NotFound`, or what the database says.
    pub fn quarantined(&self, change: ChangeId) -> Result<Quarantined, StoreError> {
        find(self.db(), change)?.map(|(_, one)| one).ok_or(StoreError::NotFound)
    }
}

fn quarantined(row: &Row<'_>) -> Result<Quarantined, StoreError> {
    Ok(Quarantined { entry: log::entry(row)?, filed_at: row.get::<_, Option<i64>>(5)?.map(Millis) })
}

fn find(db: &Connection, change: ChangeId) -> Result<Option<(i64, Quarantined)>, StoreError> {
    let mut query = db.prepare_cached(&[OPEN, " and id = ?1"].concat())?;
    let mut rows = query.query([Id::from(change)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some((row.get(6)?, quarantined(row)?)))
}

/// These changes, each once, with those that wait for the `create` among them: without it nothing becomes of them.
fn with_dependents(db: &Connection, changes: &[ChangeId]) -> Result<Vec<(i64, HandOver)>, StoreError> {
    let mut all: Vec<(i64, HandOver)> = Vec::new();
    let mut waiting = db.prepare_cached(
        &[OPEN, " and state = 2 and person = ?1 and (?3 or record = ?2) order by n"].concat(),
    )?;
    for change in changes {
        let (n, one) = find(db, *change)?.ok_or(StoreError::NotFound)?;
        let change = &one.entry.change;
        let key = (Owner(change.person), Id::from(change.record), change.kind == RecordKind::Person);
        let mut rows = waiting.query(key)?;
        let mut found = vec![(n, work(&one)?)];
        while let Some(row) = rows.next()? {
            found.push((row.get(6)?, work(&quarantined(row)?)?));
        }
        for (n, work) in found {
            if !all.iter().any(|(other, _)| *other == n) {
                all.push((n, work));
            }
        }
    }
    Ok(all)
}

fn work(one: &Quarantined) -> Result<HandOver, StoreError> {
    let Entry { change, state, refusal, .. } = &one.entry;
    let person: PersonId = change.person.ok_or(StoreError::NotFound)?;
    let code = refusal.as_ref().map(|refusal| refusal.code.clone());
    Ok(HandOver {
        id: change.id,
        person,
        what: HandOverKind::Refused,
        code: log::waiting_code(*state).map(str::to_owned).or(code),
        body: RawValue::from_string(serde_json::to_string(change)?)?,
    })
}
