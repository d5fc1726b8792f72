//! Whom the county has told a device of.

use super::transaction::Tx;
use crate::db::Result;
use crate::pull::plan::{Plan, Told};
use domain::{DeviceId, PersonId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// All rows of a device.
pub(super) async fn rows(tx: &Tx, device: DeviceId) -> Result<BTreeMap<PersonId, Told>> {
    let sql = "select person, objects, leaving, pull from told where county = $1 and device = $2";
    let rows = tx.query(sql, &[&tx.county.0, &device.0]).await?;
    let number = |row: &tokio_postgres::Row, at| row.get::<_, i64>(at) as u32;
    let told = |row| Told { objects: number(row, 1), leaving: number(row, 2), pull: number(row, 3) };
    Ok(rows.iter().map(|row| (PersonId(row.get(0)), told(row))).collect())
}

/// Writes what a plan changes.
pub(super) async fn keep(tx: &Tx, device: DeviceId, plan: &Plan) -> Result<()> {
    if !plan.upserts.is_empty() {
        let number = |number: fn(&Told) -> u32| -> Vec<i64> {
            plan.upserts.values().map(|told| i64::from(number(told))).collect()
        };
        let people: Vec<Uuid> = plan.upserts.keys().map(|person| person.0).collect();
        tx.execute(
            "insert into told (county, device, person, objects, leaving, pull)
             select $1, $2, n.person, n.objects, n.leaving, n.pull
             from unnest($3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[])
               as n (person, objects, leaving, pull)
             on conflict (county, device, person) do update set objects = excluded.objects,
               leaving = excluded.leaving, pull = excluded.pull",
            &[
                &tx.county.0,
                &device.0,
                &people,
                &number(|told| told.objects),
                &number(|told| told.leaving),
                &number(|told| told.pull),
            ],
        )
        .await?;
    }
    if !plan.deletes.is_empty() {
        let people: Vec<Uuid> = plan.deletes.iter().map(|person| person.0).collect();
        let sql = "delete from told where county = $1 and device = $2 and person = any($3)";
        tx.execute(sql, &[&tx.county.0, &device.0, &people]).await?;
    }
    Ok(())
}

/// Notes that the county had told a device of these: it brought the proof.
pub(super) async fn shown(tx: &Tx, device: DeviceId, shown: &BTreeMap<PersonId, u32>) -> Result<()> {
    if shown.is_empty() {
        return Ok(());
    }
    let people: Vec<Uuid> = shown.keys().map(|person| person.0).collect();
    let objects: Vec<i64> = shown.values().map(|objects| i64::from(*objects)).collect();
    tx.execute(
        "insert into told (county, device, person, objects, leaving, pull)
         select $1, $2, n.person, n.objects, 0, 0 from unnest($3::uuid[], $4::bigint[]) as n (person, objects)
         on conflict (county, device, person) do update set objects = told.objects | excluded.objects",
        &[&tx.county.0, &device.0, &people, &objects],
    )
    .await?;
    Ok(())
}
