//! Whom the county has told a device of.

use super::transaction::Tx;
use crate::db::Result;
use crate::pull::plan::{Plan, Told};
use domain::{DeviceId, PersonId};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// All rows of a device.
pub(super) async fn rows(tx: &Tx, device: DeviceId) -> Result<BTreeMap<PersonId, Told>> {
    let sql = "select person, objects, leaving, pull, missed from told where county = $1 and device = $2";
    let rows = tx.query(sql, &[&tx.county.0, &device.0]).await?;
    let number = |row: &tokio_postgres::Row, at| row.get::<_, i64>(at) as u32;
    let told = |row: &tokio_postgres::Row| Told {
        objects: number(row, 1),
        leaving: number(row, 2),
        pull: number(row, 3),
        missed: row.get(4),
    };
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
            "insert into told (county, device, person, objects, leaving, pull, missed)
             select $1, $2, n.person, n.objects, n.leaving, n.pull, n.missed
             from unnest($3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[])
               as n (person, objects, leaving, pull, missed)
             on conflict (county, device, person) do update set objects = excluded.objects,
               leaving = excluded.leaving, pull = excluded.pull, missed = excluded.missed",
            &[
                &tx.county.0,
                &device.0,
                &people,
                &number(|told| told.objects),
                &number(|told| told.leaving),
                &number(|told| told.pull),
                &plan.upserts.values().map(|told| told.missed).collect::<Vec<_>>(),
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

/// Notes that something of these was left out of what a device counts as whole. A plan that is made meanwhile does not
/// overwrite it: it reads and writes in one moment, and is made again.
pub(super) async fn missed(tx: &Tx, device: DeviceId, people: &BTreeSet<PersonId>) -> Result<()> {
    let people: Vec<Uuid> = people.iter().map(|person| person.0).collect();
    let sql = "update told set missed = true where county = $1 and device = $2 and person = any($3)";
    tx.execute(sql, &[&tx.county.0, &device.0, &people]).await?;
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
