//! Loads what a page needs to know, inside the accepting transaction.

use super::caseload;
use crate::db::{DbError, Result};
use crate::decide::{Author, Known, KnownChange, KnownPerson, KnownRecord, Needs, Quarantine};
use domain::codes::CodeList;
use domain::validate::Refusal;
use domain::{Change, ChangeId, CountyId, DeviceId, PersonId, RecordId, RecordKind, Stamp, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

/// Loads what `needs` names.
pub(super) fn load(c: &Connection, county: CountyId, author: &Author, needs: &Needs) -> Result<Known> {
    let mut known = of_county(c, county)?;
    known.device_stamp = device_stamp(c, county, author)?;
    for id in &needs.own {
        if let Some(mut change) = change(c, county, *id)? {
            change.leaf = Some(leaf(c, county, *id, change.stamp)?);
            known.changes.insert(*id, change);
        }
    }
    for id in &needs.seen {
        if known.changes.contains_key(id) {
            continue;
        }
        if let Some(change) = change(c, county, *id)? {
            known.changes.insert(*id, change);
        }
    }
    let refused_before = was_refused(c, county, author.device())?;
    for id in needs.own.iter().filter(|_| refused_before) {
        if let Some(refusal) = refusal(c, county, author.device(), *id)? {
            known.refused.insert(*id, refusal);
        }
    }
    for id in &needs.records {
        // A record that the page itself makes under its own id is known only where that change is.
        let made_here = needs.own.contains(&own_create(*id)) && !known.changes.contains_key(&own_create(*id));
        let found = if made_here { made_otherwise(c, county, *id)? } else { record(c, county, *id)? };
        if let Some(record) = found {
            known.records.insert(*id, record);
        }
    }
    for id in &needs.choices {
        known.choices.insert(*id, of_record(c, county, *id)?);
    }
    if needs.quarantine {
        known.quarantine = quarantine(c, county, author.device())?;
    }
    for id in &needs.people {
        if let Some(person) = person(c, county, author, *id)? {
            known.people.insert(*id, person);
        }
    }
    Ok(known)
}

fn quarantine(c: &Connection, county: CountyId, device: DeviceId) -> Result<Quarantine> {
    let mut statement = c.prepare_cached(
        "select id, octet_length(body), settled_at is null from quarantine where county = ?1 and device = ?2",
    )?;
    let mut rows = statement.query((county.bytes(), device.bytes()))?;
    let mut found = Quarantine::default();
    while let Some(row) = rows.next()? {
        found.add(ChangeId::from_bytes(row.get(0)?), row.get::<_, i64>(1)? as usize, row.get(2)?);
    }
    Ok(found)
}

fn of_county(c: &Connection, county: CountyId) -> Result<Known> {
    let mut find = c.prepare_cached("select seq, epoch > 1 from county where id = ?1")?;
    let known = find.query_row([county.bytes()], |row| {
        Ok(Known { seq: row.get::<_, i64>(0)? as u64, restored: row.get(1)?, ..Known::default() })
    });
    Ok(known?)
}

fn device_stamp(c: &Connection, county: CountyId, author: &Author) -> Result<Option<Stamp>> {
    let stamp: Option<i64> = match author {
        Author::County => c
            .prepare_cached("select last_stamp from county where id = ?1")?
            .query_row([county.bytes()], |row| row.get(0)),
        Author::Device { device, .. } => c
            .prepare_cached("select last_stamp from device where county = ?1 and device = ?2")?
            .query_row((county.bytes(), device.bytes()), |row| row.get(0)),
    }
    .optional()?;
    Ok(stamp.filter(|stamp| *stamp > 0).map(|stamp| Stamp(stamp as u64)))
}

fn change(c: &Connection, county: CountyId, id: ChangeId) -> Result<Option<KnownChange>> {
    let mut statement =
        c.prepare_cached("select seq, stamp, device from change where county = ?1 and id = ?2")?;
    let known = statement.query_row((county.bytes(), id.bytes()), |row| {
        Ok(KnownChange {
            seq: row.get::<_, i64>(0)? as u64,
            stamp: Stamp(row.get::<_, i64>(1)? as u64),
            device: DeviceId::from_bytes(row.get(2)?),
            leaf: None,
        })
    });
    Ok(known.optional()?)
}

/// What stands for a change that is repeated: of its text as it was kept, whatever is sent now.
fn leaf(c: &Connection, county: CountyId, id: ChangeId, stamp: Stamp) -> Result<crypto::frame::Leaf> {
    let mut statement = c.prepare_cached("select body from change where county = ?1 and id = ?2")?;
    let body: String = statement.query_row((county.bytes(), id.bytes()), |row| row.get(0))?;
    Ok(crypto::frame::leaf(id.bytes(), stamp.0, &body))
}

/// All changes of a record. The index by record leaves out the change that has its id.
fn of_record(c: &Connection, county: CountyId, record: RecordId) -> Result<Vec<(Change, Stamp)>> {
    let mut statement = c.prepare_cached(
        "select body, stamp from change where county = ?1 and id = ?2 and record = ?2
         union all select body, stamp from change where county = ?1 and record = ?2 and record <> id",
    )?;
    let mut rows = statement.query((county.bytes(), record.bytes()))?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let change = serde_json::from_str(row.get_ref(0)?.as_str().map_err(|_| DbError::Unreadable)?);
        changes.push((change.map_err(|_| DbError::Unreadable)?, Stamp(row.get::<_, i64>(1)? as u64)));
    }
    Ok(changes)
}

/// Whether anything of this device was ever refused: nearly nothing is.
fn was_refused(c: &Connection, county: CountyId, device: DeviceId) -> Result<bool> {
    let mut statement = c.prepare_cached("select 1 from refusal where county = ?1 and device = ?2")?;
    Ok(statement.exists((county.bytes(), device.bytes()))?)
}

fn refusal(c: &Connection, county: CountyId, device: DeviceId, id: ChangeId) -> Result<Option<Refusal>> {
    let mut statement =
        c.prepare_cached("select code, field from refusal where county = ?1 and device = ?2 and id = ?3")?;
    let found = statement.query_row((county.bytes(), device.bytes(), id.bytes()), |row| {
        Ok(Refusal { code: row.get(0)?, field: row.get(1)? })
    });
    Ok(found.optional()?)
}

/// The record's `create`: usually the change of the same id.
pub(super) fn record(c: &Connection, county: CountyId, id: RecordId) -> Result<Option<KnownRecord>> {
    let mut own = c.prepare_cached(
        "select kind, person, author from change where county = ?1 and id = ?2 and record = ?2 and op = 'create'",
    )?;
    match own.query_row((county.bytes(), id.bytes()), known_record).optional()? {
        Some(found) => Ok(Some(found)),
        None => made_otherwise(c, county, id),
    }
}

/// The change that usually makes a record.
fn own_create(id: RecordId) -> ChangeId {
    ChangeId::from_bytes(id.bytes())
}

/// The record's `create`, where that has another id.
fn made_otherwise(c: &Connection, county: CountyId, id: RecordId) -> Result<Option<KnownRecord>> {
    let mut other = c.prepare_cached(
        "select kind, person, author from change where county = ?1 and record = ?2 and record <> id
         and op = 'create' order by seq limit 1",
    )?;
    Ok(other.query_row((county.bytes(), id.bytes()), known_record).optional()?)
}

fn known_record(row: &Row) -> rusqlite::Result<KnownRecord> {
    Ok(KnownRecord {
        kind: RecordKind::from_code(&row.get::<_, String>(0)?),
        person: row.get::<_, Option<[u8; 16]>>(1)?.map(PersonId::from_bytes),
        author: UserId::from_bytes(row.get(2)?),
    })
}

fn person(c: &Connection, county: CountyId, author: &Author, id: PersonId) -> Result<Option<KnownPerson>> {
    let exists = record(c, county, id.into())?.is_some_and(|record| record.kind == RecordKind::Person);
    if !exists {
        return Ok(None);
    }
    let Author::Device { member, device } = author else { return Ok(Some(KnownPerson::default())) };
    let mut statement =
        c.prepare_cached("select 1 from told where county = ?1 and device = ?2 and person = ?3")?;
    let told = statement.exists((county.bytes(), device.bytes(), id.bytes()))?;
    let carried = caseload::carried(c, county, id)?;
    let near = member.nearness(&carried);
    let lead = carried.iter().any(|case| case.lead == Some(member.user));
    let others = carried
        .iter()
        .any(|case| [case.lead, case.partner].into_iter().flatten().any(|carrier| carrier != member.user));
    let mut cases = c.prepare_cached(
        "select record from change indexed by change_person where county = ?1 and person = ?2 and kind = 'case'
         and op = 'create' order by seq limit 1",
    )?;
    let first_case =
        cases.query_row((county.bytes(), id.bytes()), |row| row.get(0)).optional()?.map(RecordId::from_bytes);
    Ok(Some(KnownPerson { told, near, lead, others, first_case }))
}
