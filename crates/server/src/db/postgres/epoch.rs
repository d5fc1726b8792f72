//! A county that was restored from a backup: a new epoch, what it wants to hear again, and devices that it has
//! forgotten.

use super::transaction::Tx;
use super::{auth, caseload, settled, text, told};
use crate::db::frame::{compared, next_epoch};
use crate::db::{DeviceRow, MemberRow, Result, WaitingRow};
use domain::caseload::Member;
use domain::{DeviceId, Millis, UserId};
use std::collections::BTreeSet;
use sync::wire::{HeldDigest, Wanted};
use tokio_postgres::Row;

/// Counts a new epoch, if `met` does not show that it is not needed, and ends all sessions.
pub(super) async fn begin(tx: &Tx, met: Option<(u32, u64)>, now: Millis) -> Result<u32> {
    // Nobody counts between the look and the word.
    tx.query("select seq from county where county = $1 for update", &[&tx.county.0]).await?;
    let here = super::county(tx).await?;
    let Some(epoch) = next_epoch(&here, met, now) else { return Ok(here.epoch) };
    let sql = "update county set epoch = $2 where county = $1";
    tx.execute(sql, &[&tx.county.0, &i64::from(epoch)]).await?;
    tx.execute("delete from session where county = $1", &[&tx.county.0]).await?;
    tx.announce().await?;
    Ok(epoch)
}

/// What is wanted of what a device holds: nothing any more once it has pulled in this epoch.
pub(super) async fn wanted(
    tx: &Tx,
    device: DeviceId,
    member: &Member,
    held: &[HeldDigest],
) -> Result<Vec<Wanted>> {
    if has_pulled(tx, device).await? {
        return Ok(Vec::new());
    }
    let told = told::rows(tx, device).await?;
    let now = caseload::now(tx, member).await?;
    let mine = |person| now.get(&person).zip(told.get(&person)).map_or(0, |(now, told)| now & told.objects);
    let asked = held.iter().filter_map(|one| one.person).filter(|person| mine(*person) != 0);
    let mut sums = settled::sums(tx, asked.collect::<BTreeSet<_>>().into_iter()).await?;
    compared(held, mine, |person| Ok(sums.remove(&person).unwrap_or_default()))
}

/// Whether a device has begun a pull in this epoch: then it has offered what it held.
pub(super) async fn has_pulled(tx: &Tx, device: DeviceId) -> Result<bool> {
    let sql = "select from device d join county y on y.county = d.county
         where d.county = $1 and d.device = $2 and d.epoch >= y.epoch";
    Ok(tx.query_opt(sql, &[&tx.county.0, &device.0]).await?.is_some())
}

/// Notes a device that waits, if it was not admitted meanwhile.
pub(super) async fn wait(tx: &Tx, row: &DeviceRow) -> Result<()> {
    tx.execute(
        "insert into waiting (county, device, \"user\", key, name, platform, app, secret_store, enrolled_at)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9
         where not exists (select from device where county = $1 and device = $2)
         on conflict (county, device) do update set app = excluded.app",
        &[
            &tx.county.0,
            &row.device.0,
            &row.user.0,
            &&row.key[..],
            &text(&row.name),
            &text(&row.platform),
            &text(&row.app),
            &text(&row.secret_store),
            &row.enrolled_at.0,
        ],
    )
    .await?;
    Ok(())
}

/// Those who wait, oldest admission first.
pub(super) async fn waiting(tx: &Tx) -> Result<Vec<WaitingRow>> {
    let sql =
        "select w.device, w.\"user\", w.key, w.name, w.platform, w.app, w.secret_store, w.enrolled_at, m.name
         from waiting w left join member m on m.county = w.county and m.\"user\" = w.\"user\"
         where w.county = $1 order by w.enrolled_at, w.device";
    let row = |row: &Row| WaitingRow { device: auth::described(row), user_name: row.get(8) };
    Ok(tx.query(sql, &[&tx.county.0]).await?.iter().map(row).collect())
}

/// Admits one of them again, from the latest stamp on that is known of it.
pub(super) async fn readmit(tx: &Tx, id: DeviceId) -> Result<Option<MemberRow>> {
    let sql = "select \"user\" from waiting where county = $1 and device = $2 for update";
    let Some(row) = tx.query_opt(sql, &[&tx.county.0, &id.0]).await? else { return Ok(None) };
    let user = UserId(row.get(0));
    let member = auth::members(tx).await?.into_iter().find(|member| member.user == user);
    let Some(member) = member else { return Ok(None) };
    tx.execute(
        "insert into device (county, device, \"user\", key, name, platform, app, secret_store, enrolled_at, last_stamp)
         select w.county, w.device, w.\"user\", w.key, w.name, w.platform, w.app, w.secret_store, w.enrolled_at,
           (select coalesce(max(stamp), 0) from change where county = $1 and device = $2)
         from waiting w where w.county = $1 and w.device = $2",
        &[&tx.county.0, &id.0],
    )
    .await?;
    tx.execute("delete from waiting where county = $1 and device = $2", &[&tx.county.0, &id.0]).await?;
    Ok(Some(member))
}
