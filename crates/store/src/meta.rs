//! Single values: the token, the clock, the digest total, when the county last agreed, and what `app` keeps.

use crate::StoreError;
use domain::Stamp;
use rusqlite::{Connection, OptionalExtension};

pub(crate) const CLOCK: &str = "clock";
/// The newest stamp that the county gave or sent.
pub(crate) const COUNTY_STAMP: &str = "county_stamp";
pub(crate) const TOKEN: &str = "token";
/// The epoch of a restored county in which everything was offered, until its first token comes.
pub(crate) const OFFERED: &str = "offered";
/// The epoch in which the county put off something that was offered; none where nothing is put off.
pub(crate) const PUT_OFF: &str = "put_off";
/// For a supervisor: how much work that was handed over waits for a look at the county.
pub(crate) const HANDED_WAITING: &str = "handed_waiting";
pub(crate) const DIGEST: &str = "digest";
/// The kinds of record that the version which opened this vault last knew, with spaces between.
pub(crate) const KINDS: &str = "kinds";
/// The last change whose note is in the search index.
pub(crate) const NOTES_UPTO: &str = "notes_upto";
pub(crate) const AGREES: &str = "agrees";
pub(crate) const AGREED_AT: &str = "agreed_at";
pub(crate) const CHECKED_AT: &str = "checked_at";
pub(crate) const CLOCK_OFFSET: &str = "clock_offset";

pub(crate) fn get(db: &Connection, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut find = db.prepare_cached("select value from meta where key = ?1")?;
    Ok(find.query_row([key], |row| row.get(0)).optional()?)
}

pub(crate) fn put(db: &Connection, key: &str, value: &[u8]) -> Result<(), StoreError> {
    let mut set = db.prepare_cached(
        "insert into meta (key, value) values (?1, ?2) on conflict (key) do update set value = excluded.value",
    )?;
    set.execute((key, value))?;
    Ok(())
}

pub(crate) fn remove(db: &Connection, key: &str) -> Result<(), StoreError> {
    db.prepare_cached("delete from meta where key = ?1")?.execute([key])?;
    Ok(())
}

pub(crate) fn text(db: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    let value = get(db, key)?;
    value.map(String::from_utf8).transpose().map_err(|_| StoreError::Damaged)
}

pub(crate) fn number(db: &Connection, key: &str) -> Result<Option<i64>, StoreError> {
    let value = get(db, key)?.map(|bytes| <[u8; 8]>::try_from(bytes.as_slice()));
    let value = value.transpose().map_err(|_| StoreError::Damaged)?;
    Ok(value.map(i64::from_be_bytes))
}

pub(crate) fn put_number(db: &Connection, key: &str, value: i64) -> Result<(), StoreError> {
    put(db, key, &value.to_be_bytes())
}

pub(crate) fn stamp(db: &Connection, key: &str) -> Result<Stamp, StoreError> {
    Ok(Stamp(number(db, key)?.unwrap_or(0) as u64))
}
