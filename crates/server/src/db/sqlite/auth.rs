//! Devices, sessions, enrolment codes, members and teams.

use crate::db::{DeviceRow, EnrolOutcome, Enrolment, MAX_TRIES, MemberRow, Result, TeamRow};
use crate::decide::Contact;
use domain::codes::{CodeList, Role};
use domain::{CountyId, DeviceId, Millis, TeamId, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

const DEVICE: &str = "d.device, d.user, d.key, d.name, d.platform, d.app, d.secret_store, d.enrolled_at,
    d.revoked_at, d.last_contact, d.unsent, d.clock_offset";
const MEMBER: &str = "m.user, m.name, m.role, m.team, m.active";

/// A device and whose it is.
pub(super) fn device(
    c: &Connection,
    county: CountyId,
    id: DeviceId,
) -> Result<Option<(DeviceRow, MemberRow)>> {
    let sql = format!(
        "select {DEVICE}, {MEMBER} from device d join member m on m.county = d.county and m.user = d.user
         where d.county = ?1 and d.device = ?2"
    );
    let mut statement = c.prepare_cached(&sql)?;
    Ok(statement.query_row((county.bytes(), id.bytes()), both).optional()?)
}

/// Notes that a device was heard of, and with a pull the epoch in which it has pulled.
pub(super) fn heard(
    c: &Connection,
    county: CountyId,
    (device, now): (DeviceId, Millis),
    contact: &Contact,
    pulls: Option<u32>,
) -> Result<()> {
    let Contact { unsent, clock_offset, app } = contact;
    let mut update = c.prepare_cached(
        "update device set last_contact = ?3, clock_offset = ?4, unsent = ?5, app = ?6, epoch = coalesce(?7, epoch)
         where county = ?1 and device = ?2",
    )?;
    update.execute((county.bytes(), device.bytes(), now.0, clock_offset, unsent, app, pulls))?;
    Ok(())
}

/// All devices, oldest first.
pub(super) fn devices(c: &Connection, county: CountyId) -> Result<Vec<(DeviceRow, MemberRow)>> {
    let sql = format!(
        "select {DEVICE}, {MEMBER} from device d join member m on m.county = d.county and m.user = d.user
         where d.county = ?1 order by d.enrolled_at, d.device"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map([county.bytes()], both)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Ends a device's admission and its sessions.
pub(super) fn revoke(c: &Connection, county: CountyId, id: DeviceId, now: Millis) -> Result<bool> {
    let known = c.execute(
        "update device set revoked_at = coalesce(revoked_at, ?3) where county = ?1 and device = ?2",
        (county.bytes(), id.bytes(), now.0),
    )?;
    c.execute("delete from session where county = ?1 and device = ?2", (county.bytes(), id.bytes()))?;
    Ok(known > 0)
}

/// Keeps a session, and lets go of those that have ended.
pub(super) fn open_session(
    c: &Connection,
    county: CountyId,
    device: DeviceId,
    hash: [u8; 32],
    (now, expires): (Millis, Millis),
) -> Result<()> {
    c.execute("delete from session where county = ?1 and expires < ?2", (county.bytes(), now.0))?;
    c.execute(
        "insert into session (county, token_hash, device, expires) values (?1, ?2, ?3, ?4)",
        (county.bytes(), hash, device.bytes(), expires.0),
    )?;
    Ok(())
}

/// Whether a session of this device runs.
pub(super) fn has_session(
    c: &Connection,
    county: CountyId,
    device: DeviceId,
    hash: [u8; 32],
    now: Millis,
) -> Result<bool> {
    let mut statement = c.prepare_cached(
        "select 1 from session where county = ?1 and token_hash = ?2 and device = ?3 and expires > ?4",
    )?;
    Ok(statement.exists((county.bytes(), hash, device.bytes(), now.0))?)
}

/// Keeps a code, and lets go of those that ended a day ago.
pub(super) fn add_enrolment(
    c: &Connection,
    county: CountyId,
    hash: [u8; 32],
    user: UserId,
    expires: Millis,
) -> Result<()> {
    let old = expires.plus(-domain::time::DAY);
    c.execute("delete from enrolment where county = ?1 and expires < ?2", (county.bytes(), old.0))?;
    c.execute(
        "insert into enrolment (county, code_hash, user, expires) values (?1, ?2, ?3, ?4)",
        (county.bytes(), hash, user.bytes(), expires.0),
    )?;
    Ok(())
}

/// Admits a device by a code. The device that a code admitted may ask again with it, until it expires: its first
/// answer may have been lost.
pub(super) fn enrol(c: &Connection, county: CountyId, ask: &Enrolment) -> Result<EnrolOutcome> {
    let key = (county.bytes(), ask.hash);
    let found = c
        .query_row(
            "select user, expires, tries, device from enrolment where county = ?1 and code_hash = ?2",
            key,
            |row| {
                let device = row.get::<_, Option<[u8; 16]>>(3)?.map(DeviceId::from_bytes);
                Ok((UserId::from_bytes(row.get(0)?), Millis(row.get(1)?), row.get::<_, i64>(2)?, device))
            },
        )
        .optional()?;
    let Some((user, expires, tries, used_by)) = found else { return Ok(EnrolOutcome::Unknown) };
    if let Some(used_by) = used_by {
        let same = device(c, county, used_by)?.filter(|(row, member)| {
            row.key == ask.device.key && ask.now <= expires && row.revoked_at.is_none() && member.active
        });
        return Ok(same.map_or(EnrolOutcome::Used, |(_, member)| EnrolOutcome::Admitted(used_by, member)));
    }
    c.execute("update enrolment set tries = tries + 1 where county = ?1 and code_hash = ?2", key)?;
    let member = members(c, county)?.into_iter().find(|member| member.user == user && member.active);
    let Some(member) = member.filter(|_| tries < MAX_TRIES && ask.now <= expires) else {
        return Ok(EnrolOutcome::Expired);
    };
    let row = &ask.device;
    c.execute(
        "insert into device (county, device, user, key, name, platform, app, secret_store, enrolled_at, epoch)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, (select epoch from county where id = ?1))",
        rusqlite::params![
            county.bytes(),
            row.device.bytes(),
            user.bytes(),
            row.key,
            row.name,
            row.platform,
            row.app,
            row.secret_store,
            ask.now.0
        ],
    )?;
    c.execute(
        "update enrolment set used_at = ?3, device = ?4 where county = ?1 and code_hash = ?2",
        (key.0, key.1, ask.now.0, row.device.bytes()),
    )?;
    Ok(EnrolOutcome::Admitted(row.device, member))
}

/// The members, by name.
pub(super) fn members(c: &Connection, county: CountyId) -> Result<Vec<MemberRow>> {
    let sql = format!("select {MEMBER} from member m where m.county = ?1 order by m.name, m.user");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map([county.bytes()], |row| member(row, 0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The teams, by name.
pub(super) fn teams(c: &Connection, county: CountyId) -> Result<Vec<TeamRow>> {
    let mut statement =
        c.prepare_cached("select team, name from team where county = ?1 order by name, team")?;
    let rows = statement.query_map([county.bytes()], |row| {
        Ok(TeamRow { team: TeamId::from_bytes(row.get(0)?), name: row.get(1)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A device as it describes itself, in the first columns of a row; nothing has been heard of it yet.
pub(super) fn described(row: &Row) -> rusqlite::Result<DeviceRow> {
    Ok(DeviceRow {
        device: DeviceId::from_bytes(row.get(0)?),
        user: UserId::from_bytes(row.get(1)?),
        key: row.get(2)?,
        name: row.get(3)?,
        platform: row.get(4)?,
        app: row.get(5)?,
        secret_store: row.get(6)?,
        enrolled_at: Millis(row.get(7)?),
        revoked_at: None,
        last_contact: None,
        unsent: 0,
        clock_offset: 0,
    })
}

fn both(row: &Row) -> rusqlite::Result<(DeviceRow, MemberRow)> {
    let device = DeviceRow {
        revoked_at: row.get::<_, Option<i64>>(8)?.map(Millis),
        last_contact: row.get::<_, Option<i64>>(9)?.map(Millis),
        unsent: row.get(10)?,
        clock_offset: row.get(11)?,
        ..described(row)?
    };
    Ok((device, member(row, 12)?))
}

fn member(row: &Row, at: usize) -> rusqlite::Result<MemberRow> {
    Ok(MemberRow {
        user: UserId::from_bytes(row.get(at)?),
        name: row.get(at + 1)?,
        role: Role::from_code(&row.get::<_, String>(at + 2)?),
        team: row.get::<_, Option<[u8; 16]>>(at + 3)?.map(TeamId::from_bytes),
        active: row.get(at + 4)?,
    })
}
