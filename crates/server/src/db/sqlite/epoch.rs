//! A county that was restored from a backup: a new epoch, what it wants to hear again, and devices that it has
//! forgotten.

use super::{auth, caseload, pull, told};
use crate::db::frame::{compared, next_epoch};
use crate::db::{DeviceRow, MemberRow, Result, WaitingRow};
use domain::caseload::Member;
use domain::{CountyId, DeviceId, Millis, UserId};
use rusqlite::{Connection, OptionalExtension};
use sync::wire::{HeldDigest, Wanted};

/// Counts a new epoch, if `met` does not show that it is not needed, and ends all sessions.
pub(super) fn begin(c: &Connection, county: CountyId, met: Option<(u32, u64)>, now: Millis) -> Result<u32> {
    let here = super::county(c, county)?;
    let Some(epoch) = next_epoch(&here, met, now) else { return Ok(here.epoch) };
    c.execute("update county set epoch = ?2 where id = ?1", (county.bytes(), epoch))?;
    c.execute("delete from session where county = ?1", [county.bytes()])?;
    Ok(epoch)
}

/// What is wanted of what a device holds: nothing any more once it has pulled in this epoch.
pub(super) fn wanted(
    c: &Connection,
    county: CountyId,
    (device, member): (DeviceId, &Member),
    held: &[HeldDigest],
) -> Result<Vec<Wanted>> {
    if has_pulled(c, county, device)? {
        return Ok(Vec::new());
    }
    let told = told::rows(c, county, device)?;
    let now = caseload::now(c, county, member)?;
    let mine = |person| now.get(&person).zip(told.get(&person)).map_or(0, |(now, told)| now & told.objects);
    compared(held, mine, |person| pull::digests(c, county, person))
}

/// Whether a device has begun a pull in this epoch: then it has offered what it held.
pub(super) fn has_pulled(c: &Connection, county: CountyId, device: DeviceId) -> Result<bool> {
    let mut statement = c.prepare_cached(
        "select 1 from device d join county y on y.id = d.county
         where d.county = ?1 and d.device = ?2 and d.epoch >= y.epoch",
    )?;
    Ok(statement.exists((county.bytes(), device.bytes()))?)
}

/// Notes a device that waits, if it was not admitted meanwhile.
pub(super) fn wait(c: &Connection, county: CountyId, row: &DeviceRow) -> Result<()> {
    c.execute(
        "insert into waiting (county, device, user, key, name, platform, app, secret_store, enrolled_at)
         select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
         where not exists (select 1 from device where county = ?1 and device = ?2)
         on conflict (county, device) do update set app = excluded.app",
        rusqlite::params![
            county.bytes(),
            row.device.bytes(),
            row.user.bytes(),
            row.key,
            row.name,
            row.platform,
            row.app,
            row.secret_store,
            row.enrolled_at.0
        ],
    )?;
    Ok(())
}

/// Those who wait, oldest admission first.
pub(super) fn waiting(c: &Connection, county: CountyId) -> Result<Vec<WaitingRow>> {
    let mut statement = c.prepare_cached(
        "select w.device, w.user, w.key, w.name, w.platform, w.app, w.secret_store, w.enrolled_at, m.name
         from waiting w left join member m on m.county = w.county and m.user = w.user
         where w.county = ?1 order by w.enrolled_at, w.device",
    )?;
    let rows = statement.query_map([county.bytes()], |row| {
        Ok(WaitingRow { device: auth::described(row)?, user_name: row.get(8)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Admits one of them again, from the latest stamp on that is known of it.
pub(super) fn readmit(c: &Connection, county: CountyId, id: DeviceId) -> Result<Option<MemberRow>> {
    let key = (county.bytes(), id.bytes());
    let user: Option<[u8; 16]> = c
        .query_row("select user from waiting where county = ?1 and device = ?2", key, |row| row.get(0))
        .optional()?;
    let Some(user) = user.map(UserId::from_bytes) else { return Ok(None) };
    let member = auth::members(c, county)?.into_iter().find(|member| member.user == user);
    let Some(member) = member else { return Ok(None) };
    c.execute(
        "insert into device (county, device, user, key, name, platform, app, secret_store, enrolled_at, last_stamp)
         select w.county, w.device, w.user, w.key, w.name, w.platform, w.app, w.secret_store, w.enrolled_at,
           (select coalesce(max(stamp), 0) from change where county = ?1 and device = ?2)
         from waiting w where w.county = ?1 and w.device = ?2",
        key,
    )?;
    c.execute("delete from waiting where county = ?1 and device = ?2", key)?;
    Ok(Some(member))
}
