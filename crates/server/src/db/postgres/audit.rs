//! What was refused to somebody who may not.

use super::transaction::Tx;
use crate::db::{AuditRow, Result};
use domain::{DeviceId, Millis, UserId};
use tokio_postgres::Row;
use uuid::Uuid;

/// Keeps refusals, or counts those that are kept.
pub(super) async fn keep(tx: &Tx, rows: &[AuditRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(AuditRow::key).collect();
    let moments: Vec<i64> = rows.iter().map(|row| row.at.0).collect();
    let devices: Vec<Uuid> = rows.iter().map(|row| row.device.0).collect();
    let users: Vec<Uuid> = rows.iter().map(|row| row.user.0).collect();
    let doors: Vec<&str> = rows.iter().map(|row| row.door.as_str()).collect();
    let codes: Vec<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    let subjects: Vec<Option<Uuid>> = rows.iter().map(|row| row.subject).collect();
    let tries: Vec<i64> = rows.iter().map(|row| row.tries).collect();
    tx.execute(
        "insert into audit (county, id, at, device, \"user\", door, code, subject, tries)
         select $1, n.id, n.at, n.device, n.who, n.door, n.code, n.subject, n.tries
         from unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::uuid[], $9::bigint[])
           as n (id, at, device, who, door, code, subject, tries)
         on conflict (county, id) do update set tries = audit.tries + excluded.tries",
        &[&tx.county.0, &ids, &moments, &devices, &users, &doors, &codes, &subjects, &tries],
    )
    .await?;
    Ok(())
}

/// The last ones, newest first.
pub(super) async fn last(tx: &Tx, limit: u32) -> Result<Vec<AuditRow>> {
    let sql = "select at, device, \"user\", door, code, subject, tries from audit
         where county = $1 order by at desc, id limit $2";
    let row = |row: &Row| AuditRow {
        at: Millis(row.get(0)),
        device: DeviceId(row.get(1)),
        user: UserId(row.get(2)),
        door: row.get(3),
        code: row.get(4),
        subject: row.get(5),
        tries: row.get(6),
    };
    Ok(tx.query(sql, &[&tx.county.0, &i64::from(limit)]).await?.iter().map(row).collect())
}
