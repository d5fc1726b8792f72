//! What was refused to somebody who may not.

use crate::db::{AuditRow, Result};
use domain::{CountyId, DeviceId, Millis, UserId};
use rusqlite::Connection;
use uuid::Uuid;

/// Keeps refusals, or counts those that are kept.
pub(super) fn keep(c: &Connection, county: CountyId, rows: &[AuditRow]) -> Result<()> {
    let mut insert = c.prepare_cached(
        "insert into audit (county, id, at, device, user, door, code, subject, tries)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         on conflict (county, id) do update set tries = tries + excluded.tries",
    )?;
    for row in rows {
        insert.execute(rusqlite::params![
            county.bytes(),
            row.key().into_bytes(),
            row.at.0,
            row.device.bytes(),
            row.user.bytes(),
            row.door,
            row.code,
            row.subject.map(Uuid::into_bytes),
            row.tries,
        ])?;
    }
    Ok(())
}

/// The last ones, newest first.
pub(super) fn last(c: &Connection, county: CountyId, limit: u32) -> Result<Vec<AuditRow>> {
    let mut statement = c.prepare_cached(
        "select at, device, user, door, code, subject, tries from audit
         where county = ?1 order by at desc, id limit ?2",
    )?;
    let rows = statement.query_map((county.bytes(), limit), |row| {
        Ok(AuditRow {
            at: Millis(row.get(0)?),
            device: DeviceId::from_bytes(row.get(1)?),
            user: UserId::from_bytes(row.get(2)?),
            door: row.get(3)?,
            code: row.get(4)?,
            subject: row.get::<_, Option<[u8; 16]>>(5)?.map(Uuid::from_bytes),
            tries: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
