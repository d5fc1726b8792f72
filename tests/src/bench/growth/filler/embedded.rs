//! Into the embedded database.

use super::{LENGTH, Row};
use crate::bench::load::Loaded;
use rusqlite::{Connection, params};
use server::db::sqlite::open;
use std::path::Path;

/// Changes in one transaction.
const AT_ONCE: u64 = 200_000;

pub(super) fn fill(loaded: &Loaded, folder: &Path, size: u64) -> anyhow::Result<()> {
    let mut db = open::open(&folder.join(open::FILE), &loaded.county.secret())?;
    db.pragma_update(None, "synchronous", "OFF")?;
    let county: [u8; 16] = db.query_row("select id from county", [], |row| row.get(0))?;
    let mut seq: i64 = db.query_row("select seq from county", [], |row| row.get(0))?;
    let last = (seq as u64).max(size);
    while (seq as u64) < last {
        let upto = last.min(seq as u64 + AT_ONCE) as i64;
        let transaction = db.transaction()?;
        changes(&transaction, county, seq, upto)?;
        transaction.execute("update county set seq = ?2 where id = ?1", params![county, upto])?;
        transaction.commit()?;
        seq = upto;
    }
    // What SQLite would learn of its tables in an ordinary life.
    db.execute_batch("pragma optimize; pragma wal_checkpoint(truncate);")?;
    Ok(())
}

fn changes(db: &Connection, county: [u8; 16], after: i64, upto: i64) -> rusqlite::Result<()> {
    let mut change = db.prepare_cached(
        "insert into change (county, id, seq, record, kind, op, person, object, device, author, stamp_raw, stamp,
         received, body) values (?1, ?2, ?3, ?2, ?4, 'create', ?5, ?6, ?7, ?8, ?9, ?9, ?3, ?10)",
    )?;
    let mut carried = db.prepare_cached(
        "insert into caseload (county, person, case_id, team, lead, partner, open)
             values (?1, ?2, ?3, ?4, ?5, null, 1)",
    )?;
    let mut told = db.prepare_cached(
        "insert into told (county, device, person, objects, leaving, pull) values (?1, ?2, ?3, 4095, 0, 0)",
    )?;
    let mut digest = db.prepare_cached(
        "insert into digest (county, person, object, sum, count) values (?1, ?2, ?3, ?4, 1)",
    )?;
    let body = "x".repeat(LENGTH);
    for seq in after + 1..=upto {
        let row = Row::of(seq as u64);
        let Row { id, kind, object, person, team, lead, device, .. } = row;
        change.execute(params![county, id, seq, kind, person, object, device, lead, seq << 16, body])?;
        if row.carried {
            carried.execute(params![county, person, id, team, lead])?;
            told.execute(params![county, device, person])?;
        }
        if row.summed {
            digest.execute(params![county, person, object, id])?;
        }
    }
    Ok(())
}
