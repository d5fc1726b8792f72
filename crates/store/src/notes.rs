//! The search index of notes, filled in idle batches after arrival.
//!
//! One document per change that sets a note, under the change's own number. A change is never edited, so its text can
//! be taken from its body again when it is to be removed, and the index stores no second copy of it. [`note_of`] is
//! therefore a promise: what it gives for a change must stay the same, or the index is made anew by a migration.

use crate::codec::Owner;
use crate::store::Store;
use crate::{StoreError, meta};
use domain::RecordKind;
use domain::codes::CodeList;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The fields that hold what people write.
const NOTES: [&str; 4] = ["notes", "next_step", "text", "note"];
/// The kinds whose notes are searched.
const KINDS: &str = "'visit', 'contact_attempt', 'peer_note', 'referral', 'follow_up', 'step_forward'";

/// As much of a change's body as is needed here.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    fields: BTreeMap<Cow<'a, str>, Field>,
}

#[derive(Deserialize)]
struct Field {
    v: Value,
}

fn note_of(body: &str) -> Result<Option<String>, StoreError> {
    let body: Body<'_> = serde_json::from_str(body)?;
    let texts = NOTES.iter().filter_map(|name| body.fields.get(*name)?.v.as_str());
    let text: Vec<&str> = texts.filter(|text| !text.trim().is_empty()).collect();
    Ok((!text.is_empty()).then(|| text.join("\n")))
}

impl Store {
    /// Puts the notes of at most `limit` more changes into the search index. Returns how many changes are left to
    /// look at: search is complete at 0. Each call is one short transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn index_notes(&self, limit: usize) -> Result<u64, StoreError> {
        if self.read(remaining)? == 0 {
            return Ok(0);
        }
        self.transaction(|tx| {
            let upto = meta::number(tx.db, meta::NOTES_UPTO)?.unwrap_or(0);
            let mut next = tx.db.prepare_cached(&next_changes())?;
            let mut insert =
                tx.db.prepare_cached("insert into search_notes (rowid, note) values (?1, ?2)")?;
            let mut rows = next.query((upto, limit as i64))?;
            let mut last = upto;
            while let Some(row) = rows.next()? {
                last = row.get(0)?;
                if row.get(1)?
                    && let Some(note) = note_of(row.get_ref(2)?.as_str().map_err(|_| StoreError::Damaged)?)?
                {
                    insert.execute((last, note))?;
                }
            }
            meta::put_number(tx.db, meta::NOTES_UPTO, last)?;
            remaining(tx.db)
        })
    }
}

/// Puts the notes of a kind that was not known before into the index, as far as search has come.
pub(crate) fn index_kind(db: &Connection, kind: &RecordKind) -> Result<(), StoreError> {
    let upto = meta::number(db, meta::NOTES_UPTO)?.unwrap_or(0);
    let sql = ["select n, body from change where n <= ?1 and kind = ?2 and kind in (", KINDS, ")"].concat();
    let mut query = db.prepare_cached(&sql)?;
    let mut insert = db.prepare_cached("insert into search_notes (rowid, note) values (?1, ?2)")?;
    let mut rows = query.query((upto, kind.code()))?;
    while let Some(row) = rows.next()? {
        if let Some(note) = note_of(row.get_ref(1)?.as_str().map_err(|_| StoreError::Damaged)?)? {
            insert.execute((row.get::<_, i64>(0)?, note))?;
        }
    }
    Ok(())
}

fn next_changes() -> String {
    ["select n, kind in (", KINDS, "), body from change where n > ?1 order by n limit ?2"].concat()
}

/// How many changes search has not looked at, at most: erased ones leave gaps in the numbers.
pub(crate) fn remaining(db: &Connection) -> Result<u64, StoreError> {
    let upto = meta::number(db, meta::NOTES_UPTO)?.unwrap_or(0);
    Ok(last(db)?.saturating_sub(upto).max(0) as u64)
}

fn last(db: &Connection) -> Result<i64, StoreError> {
    let mut last = db.prepare_cached("select coalesce(max(n), 0) from change")?;
    Ok(last.query_row([], |row| row.get(0))?)
}

/// Takes the notes of a person's changes out of the index, before the changes are erased.
pub(crate) fn forget(db: &Connection, owner: Owner, objects: u32) -> Result<(), StoreError> {
    let upto = meta::number(db, meta::NOTES_UPTO)?.unwrap_or(0);
    let sql = ["select n, body, object from change where person = ?1 and n <= ?2 and kind in (", KINDS, ")"]
        .concat();
    let mut query = db.prepare_cached(&sql)?;
    let mut delete =
        db.prepare_cached("insert into search_notes (search_notes, rowid, note) values ('delete', ?1, ?2)")?;
    let mut rows = query.query((owner, upto))?;
    while let Some(row) = rows.next()? {
        let object: i64 = row.get(2)?;
        if object < 0 || objects >> object & 1 == 0 {
            continue;
        }
        if let Some(note) = note_of(row.get_ref(1)?.as_str().map_err(|_| StoreError::Damaged)?)? {
            delete.execute((row.get::<_, i64>(0)?, note))?;
        }
    }
    Ok(())
}

/// Numbers of erased changes are given out again: what comes under them must be looked at.
pub(crate) fn after_erasing(db: &Connection) -> Result<(), StoreError> {
    let upto = meta::number(db, meta::NOTES_UPTO)?.unwrap_or(0);
    meta::put_number(db, meta::NOTES_UPTO, upto.min(last(db)?))
}
