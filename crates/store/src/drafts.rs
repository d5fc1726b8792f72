//! What somebody has begun to write, saved at every pause in typing: durable when the call returns.

use crate::codec::Owner;
use crate::store::Store;
use crate::{StoreError, Topic};
use domain::{Millis, PersonId};
use rusqlite::{OptionalExtension, Row};
use serde_json::Value;

/// Something begun and not finished.
#[derive(Clone, PartialEq)]
pub struct Draft {
    /// Under which name the screen keeps it, such as `visit/<person>`.
    pub key: String,
    /// About whom, if anybody yet.
    pub person: Option<PersonId>,
    /// What was typed so far.
    pub body: Value,
    /// When it was saved.
    pub saved_at: Millis,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Draft({:?} {})", self.person, self.saved_at.0)
    }
}

impl Store {
    /// Saves a draft in place of the one of this key. `false` when its person is no longer on this device, or about to
    /// leave it: it is kept all the same, and handed over as unfinished with the next sync.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_draft(
        &self,
        key: &str,
        person: Option<PersonId>,
        body: &Value,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let body = body.to_string();
        self.transaction(|tx| {
            let mut upsert = tx.db.prepare_cached(
                "insert into draft (key, person, body, saved_at) values (?1, ?2, ?3, ?4)
                 on conflict (key) do update set person = excluded.person, body = excluded.body,
                   saved_at = excluded.saved_at, handover = null",
            )?;
            upsert.execute((key, Owner(person), &body, now.0))?;
            tx.topics.insert(Topic::Drafts);
            let Some(person) = person else { return Ok(true) };
            Ok(tx.held(person)?.is_some_and(|held| !held.leaves()))
        })
    }

    /// A draft, if there is one of this key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn draft(&self, key: &str) -> Result<Option<Draft>, StoreError> {
        self.read(|db| {
            let mut find =
                db.prepare_cached("select key, person, body, saved_at from draft where key = ?1")?;
            find.query_row([key], read).optional()?.transpose()
        })
    }

    /// All drafts, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn drafts(&self) -> Result<Vec<Draft>, StoreError> {
        self.read(|db| {
            let mut query = db.prepare_cached(
                "select key, person, body, saved_at from draft order by saved_at desc, key",
            )?;
            let drafts = query.query_map([], read)?;
            drafts.map(|draft| draft.map_err(StoreError::from)?).collect()
        })
    }

    /// Drops a draft that its author has thrown away. One that was recorded goes with
    /// [`crate::WriteTx::drop_draft`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn drop_draft(&self, key: &str) -> Result<(), StoreError> {
        self.transaction(|tx| {
            tx.db.prepare_cached("delete from draft where key = ?1")?.execute([key])?;
            tx.topics.insert(Topic::Drafts);
            Ok(())
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Result<Draft, StoreError>> {
    let draft = Draft {
        key: row.get(0)?,
        person: row.get::<_, Owner>(1)?.0,
        body: Value::Null,
        saved_at: Millis(row.get(3)?),
    };
    let body = serde_json::from_str(row.get_ref(2)?.as_str()?);
    Ok(body.map(|body| Draft { body, ..draft }).map_err(StoreError::from))
}
