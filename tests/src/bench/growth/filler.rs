//! The rest of a county: other workers' people, written straight into the database.
//!
//! Rows are as the county writes them, but for the text of the changes, which nobody here may read, and for the sums,
//! which nobody compares.

use crate::bench::load::Loaded;
use rusqlite::{Connection, params};
use server::db::sqlite::open;
use std::path::Path;

/// Changes of each person.
const EACH: u64 = 50;
/// People of each worker.
const CASELOAD: u64 = 40;
/// Changes in one transaction.
const AT_ONCE: u64 = 200_000;

/// What a person's changes are, in order; the rest are attempts and visits in turns.
const FIRST: [(&str, u8); 3] = [("person", 0), ("case", 2), ("assignment", 11)];

/// Fills the county up to `size` changes. Its server must not run.
///
/// # Errors
/// The database's.
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
         received, body) values (?1, ?2, ?3, ?4, ?5, 'create', ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12)",
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
    // As long as a short note makes it.
    let body = "x".repeat(220);
    for seq in after + 1..=upto {
        let n = seq as u64;
        let (person, step) = (id(1, n / EACH), n % EACH);
        let (team, lead) = (id(4, n / EACH / CASELOAD / 10), id(2, n / EACH / CASELOAD));
        let device = id(3, n / EACH / CASELOAD);
        let (kind, object) = match FIRST.get(step as usize) {
            Some(first) => *first,
            None => (if step % 2 == 0 { "visit" } else { "contact_attempt" }, 7),
        };
        let own = id(0, n);
        change.execute(params![
            county,
            own,
            seq,
            own,
            kind,
            person,
            object,
            device,
            lead,
            seq << 16,
            seq,
            body
        ])?;
        if step == 2 {
            carried.execute(params![county, person, own, team, lead])?;
            told.execute(params![county, device, person])?;
        }
        if step < 4 {
            digest.execute(params![county, person, object, own])?;
        }
    }
    Ok(())
}

/// An id that sorts by its number, as ids of one age do.
fn id(kind: u8, n: u64) -> [u8; 16] {
    let mut id = [0; 16];
    id[0] = 1;
    id[1..9].copy_from_slice(&n.to_be_bytes());
    id[9] = kind;
    // The end of a real id is chance.
    id[10..16].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[..6]);
    id
}
