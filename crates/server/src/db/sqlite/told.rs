//! Whom the county has told a device of.

use crate::db::Result;
use crate::pull::plan::{Plan, Told};
use domain::{CountyId, DeviceId, PersonId};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// All rows of a device.
pub(super) fn rows(c: &Connection, county: CountyId, device: DeviceId) -> Result<BTreeMap<PersonId, Told>> {
    let mut statement = c.prepare_cached(
        "select person, objects, leaving, pull, missed from told where county = ?1 and device = ?2",
    )?;
    let rows = statement.query_map((county.bytes(), device.bytes()), |row| {
        let told =
            Told { objects: row.get(1)?, leaving: row.get(2)?, pull: row.get(3)?, missed: row.get(4)? };
        Ok((PersonId::from_bytes(row.get(0)?), told))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes what a plan changes.
pub(super) fn keep(c: &Connection, county: CountyId, device: DeviceId, plan: &Plan) -> Result<()> {
    let mut put = c.prepare_cached(
        "insert into told (county, device, person, objects, leaving, pull, missed)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         on conflict (county, device, person) do update set objects = excluded.objects,
         leaving = excluded.leaving, pull = excluded.pull, missed = excluded.missed",
    )?;
    for (person, told) in &plan.upserts {
        let key = (county.bytes(), device.bytes(), person.bytes());
        put.execute((key.0, key.1, key.2, told.objects, told.leaving, told.pull, told.missed))?;
    }
    let mut delete =
        c.prepare_cached("delete from told where county = ?1 and device = ?2 and person = ?3")?;
    for person in &plan.deletes {
        delete.execute((county.bytes(), device.bytes(), person.bytes()))?;
    }
    Ok(())
}

/// Notes that something of these was left out of what a device counts as whole.
pub(super) fn missed(
    c: &Connection,
    county: CountyId,
    device: DeviceId,
    people: &BTreeSet<PersonId>,
) -> Result<()> {
    let mut note =
        c.prepare_cached("update told set missed = 1 where county = ?1 and device = ?2 and person = ?3")?;
    for person in people {
        note.execute((county.bytes(), device.bytes(), person.bytes()))?;
    }
    Ok(())
}

/// Notes that the county had told a device of these: it brought the proof.
pub(super) fn shown(
    c: &Connection,
    county: CountyId,
    device: DeviceId,
    shown: &BTreeMap<PersonId, u32>,
) -> Result<()> {
    let mut put = c.prepare_cached(
        "insert into told (county, device, person, objects, leaving, pull) values (?1, ?2, ?3, ?4, 0, 0)
         on conflict (county, device, person) do update set objects = objects | excluded.objects",
    )?;
    for (person, objects) in shown {
        put.execute((county.bytes(), device.bytes(), person.bytes(), objects))?;
    }
    Ok(())
}
