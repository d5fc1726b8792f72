//! Devices, sessions, nonces, enrolment codes, members and teams.

use super::text;
use super::transaction::Tx;
use crate::db::{DeviceRow, EnrolOutcome, Enrolment, MAX_TRIES, MemberRow, Result, TeamRow};
use crate::decide::Contact;
use domain::codes::{CodeList, Role};
use domain::{DeviceId, Millis, TeamId, UserId};
use tokio_postgres::Row;
use uuid::Uuid;

const DEVICES: &str =
    "select d.device, d.\"user\", d.key, d.name, d.platform, d.app, d.secret_store, d.enrolled_at,
    d.revoked_at, d.last_contact, d.unsent, d.clock_offset, m.\"user\", m.name, m.role, m.team, m.active
    from device d join member m on m.county = d.county and m.\"user\" = d.\"user\" where d.county = $1";

/// A device and whose it is.
pub(super) async fn device(tx: &Tx, id: DeviceId) -> Result<Option<(DeviceRow, MemberRow)>> {
    let row = tx.query_opt(&format!("{DEVICES} and d.device = $2"), &[&tx.county.0, &id.0]).await?;
    Ok(row.as_ref().map(both))
}

/// Notes that a device was heard of, and with a pull the epoch in which it has pulled.
pub(super) async fn heard(
    tx: &Tx,
    (device, now): (DeviceId, Millis),
    contact: &Contact,
    pulls: Option<u32>,
) -> Result<()> {
    let (unsent, pulls) = (i64::from(contact.unsent), pulls.map(i64::from));
    let sql =
        "update device set last_contact = $3, clock_offset = $4, unsent = $5, app = $6, epoch = coalesce($7, epoch)
         where county = $1 and device = $2";
    let app = text(&contact.app);
    tx.execute(sql, &[&tx.county.0, &device.0, &now.0, &contact.clock_offset, &unsent, &app, &pulls]).await?;
    Ok(())
}

/// All devices, oldest first.
pub(super) async fn devices(tx: &Tx) -> Result<Vec<(DeviceRow, MemberRow)>> {
    let sql = format!("{DEVICES} order by d.enrolled_at, d.device");
    Ok(tx.query(&sql, &[&tx.county.0]).await?.iter().map(both).collect())
}

/// Ends a device's admission and its sessions.
pub(super) async fn revoke(tx: &Tx, id: DeviceId, now: Millis) -> Result<bool> {
    tx.announce().await?;
    let sql = "update device set revoked_at = coalesce(revoked_at, $3) where county = $1 and device = $2";
    let known = tx.execute(sql, &[&tx.county.0, &id.0, &now.0]).await?;
    tx.execute("delete from session where county = $1 and device = $2", &[&tx.county.0, &id.0]).await?;
    Ok(known > 0)
}

/// Keeps a session, and lets go of those that have ended.
pub(super) async fn open_session(
    tx: &Tx,
    device: DeviceId,
    hash: [u8; 32],
    (now, expires): (Millis, Millis),
) -> Result<()> {
    // Of this device only: two processes that sweep the whole table would wait for each other.
    let sweep = "delete from session where county = $1 and device = $2 and expires < $3";
    tx.execute(sweep, &[&tx.county.0, &device.0, &now.0]).await?;
    tx.execute(
        "insert into session (county, token_hash, device, expires) values ($1, $2, $3, $4)",
        &[&tx.county.0, &&hash[..], &device.0, &expires.0],
    )
    .await?;
    Ok(())
}

/// Whether a session of this device runs.
pub(super) async fn has_session(tx: &Tx, device: DeviceId, hash: [u8; 32], now: Millis) -> Result<bool> {
    let sql = "select from session where county = $1 and token_hash = $2 and device = $3 and expires > $4";
    Ok(tx.query_opt(sql, &[&tx.county.0, &&hash[..], &device.0, &now.0]).await?.is_some())
}

/// Notes that a nonce is spent; false when it was spent before.
pub(super) async fn spend_nonce(tx: &Tx, nonce: [u8; 12], now: i64, expires: i64) -> Result<bool> {
    // A crash of the database may forget the last ones: whoever would use one again must first have read the request
    // inside its TLS connection.
    tx.execute("set local synchronous_commit = off", &[]).await?;
    // Now and then, those that have expired are let go.
    if nonce[11] == 0 {
        tx.execute("delete from nonce where county = $1 and expires < $2", &[&tx.county.0, &now]).await?;
    }
    let sql = "insert into nonce (county, nonce, expires) values ($1, $2, $3) on conflict do nothing";
    Ok(tx.execute(sql, &[&tx.county.0, &&nonce[..], &expires]).await? == 1)
}

/// Keeps a code, and lets go of those that ended a day ago.
pub(super) async fn add_enrolment(tx: &Tx, hash: [u8; 32], user: UserId, expires: Millis) -> Result<()> {
    let old = expires.plus(-domain::time::DAY);
    tx.execute("delete from enrolment where county = $1 and expires < $2", &[&tx.county.0, &old.0]).await?;
    tx.execute(
        "insert into enrolment (county, code_hash, \"user\", expires) values ($1, $2, $3, $4)",
        &[&tx.county.0, &&hash[..], &user.0, &expires.0],
    )
    .await?;
    Ok(())
}

/// Admits a device by a code. The device that a code admitted may ask again with it, until it expires: its first
/// answer may have been lost.
pub(super) async fn enrol(tx: &Tx, ask: &Enrolment) -> Result<EnrolOutcome> {
    let hash = &ask.hash[..];
    let sql = "select \"user\", expires, tries, device from enrolment where county = $1 and code_hash = $2 for update";
    let Some(row) = tx.query_opt(sql, &[&tx.county.0, &hash]).await? else {
        return Ok(EnrolOutcome::Unknown);
    };
    let (user, expires) = (UserId(row.get(0)), Millis(row.get(1)));
    if let Some(used_by) = row.get::<_, Option<Uuid>>(3).map(DeviceId) {
        let same = device(tx, used_by).await?.filter(|(row, member)| {
            row.key == ask.device.key && ask.now <= expires && row.revoked_at.is_none() && member.active
        });
        return Ok(same.map_or(EnrolOutcome::Used, |(_, member)| EnrolOutcome::Admitted(used_by, member)));
    }
    let tried = "update enrolment set tries = tries + 1 where county = $1 and code_hash = $2";
    tx.execute(tried, &[&tx.county.0, &hash]).await?;
    let member = members(tx).await?.into_iter().find(|member| member.user == user && member.active);
    let Some(member) = member.filter(|_| row.get::<_, i64>(2) < MAX_TRIES && ask.now <= expires) else {
        return Ok(EnrolOutcome::Expired);
    };
    let new = &ask.device;
    tx.execute(
        "insert into device (county, device, \"user\", key, name, platform, app, secret_store, enrolled_at, epoch)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, (select epoch from county where county = $1))",
        &[
            &tx.county.0,
            &new.device.0,
            &user.0,
            &&new.key[..],
            &text(&new.name),
            &text(&new.platform),
            &text(&new.app),
            &text(&new.secret_store),
            &ask.now.0,
        ],
    )
    .await?;
    let used = "update enrolment set used_at = $3, device = $4 where county = $1 and code_hash = $2";
    tx.execute(used, &[&tx.county.0, &hash, &ask.now.0, &new.device.0]).await?;
    Ok(EnrolOutcome::Admitted(new.device, member))
}

/// The members, by name.
pub(super) async fn members(tx: &Tx) -> Result<Vec<MemberRow>> {
    let sql = "select \"user\", name, role, team, active from member where county = $1
         order by name collate \"C\", \"user\"";
    Ok(tx.query(sql, &[&tx.county.0]).await?.iter().map(|row| member(row, 0)).collect())
}

/// The teams, by name.
pub(super) async fn teams(tx: &Tx) -> Result<Vec<TeamRow>> {
    let sql = "select team, name from team where county = $1 order by name collate \"C\", team";
    let team = |row: &Row| TeamRow { team: TeamId(row.get(0)), name: row.get(1) };
    Ok(tx.query(sql, &[&tx.county.0]).await?.iter().map(team).collect())
}

/// A device as it describes itself, in the first columns of a row; nothing has been heard of it yet.
pub(super) fn described(row: &Row) -> DeviceRow {
    DeviceRow {
        device: DeviceId(row.get(0)),
        user: UserId(row.get(1)),
        // A key of another length verifies nothing.
        key: row.get::<_, &[u8]>(2).try_into().unwrap_or_default(),
        name: row.get(3),
        platform: row.get(4),
        app: row.get(5),
        secret_store: row.get(6),
        enrolled_at: Millis(row.get(7)),
        revoked_at: None,
        last_contact: None,
        unsent: 0,
        clock_offset: 0,
    }
}

fn both(row: &Row) -> (DeviceRow, MemberRow) {
    let device = DeviceRow {
        revoked_at: row.get::<_, Option<i64>>(8).map(Millis),
        last_contact: row.get::<_, Option<i64>>(9).map(Millis),
        unsent: row.get::<_, i64>(10) as u32,
        clock_offset: row.get(11),
        ..described(row)
    };
    (device, member(row, 12))
}

fn member(row: &Row, at: usize) -> MemberRow {
    MemberRow {
        user: UserId(row.get(at)),
        name: row.get(at + 1),
        role: Role::from_code(row.get(at + 2)),
        team: row.get::<_, Option<Uuid>>(at + 3).map(TeamId),
        active: row.get(at + 4),
    }
}
