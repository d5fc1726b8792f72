//! Loads what a page needs to know, inside the accepting transaction: one question for each kind of thing.

use super::refold::parse;
use super::transaction::Tx;
use super::{caseload, ids};
use crate::db::Result;
use crate::decide::{Author, Known, KnownChange, KnownPerson, KnownRecord, Needs, Quarantine};
use domain::codes::CodeList;
use domain::validate::Refusal;
use domain::{ChangeId, DeviceId, PersonId, RecordId, RecordKind, Stamp, UserId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// Loads what `needs` names. From here to its end the transaction holds the county's counter.
pub(super) async fn load(tx: &Tx, author: &Author, needs: &Needs) -> Result<Known> {
    let sql = "select seq, last_stamp, epoch > 1 from county where county = $1 for update";
    let row = tx.query_opt(sql, &[&tx.county.0]).await?.ok_or(crate::db::DbError::Missing)?;
    let mut known = Known { seq: row.get::<_, i64>(0) as u64, restored: row.get(2), ..Known::default() };
    let stamp = match author {
        Author::County => Some(row.get(1)),
        Author::Device { device, .. } => {
            let sql = "select last_stamp from device where county = $1 and device = $2";
            tx.query_opt(sql, &[&tx.county.0, &device.0]).await?.map(|row| row.get(0))
        }
    };
    known.device_stamp = stamp.filter(|stamp: &i64| *stamp > 0).map(|stamp| Stamp(stamp as u64));
    changes(tx, needs, &mut known).await?;
    refusals(tx, author.device(), needs, &mut known).await?;
    let wanted = needs.records.iter().copied().chain(needs.people.iter().map(|person| (*person).into()));
    known.records = records(tx, &wanted.collect()).await?;
    choices(tx, needs, &mut known).await?;
    people(tx, author, needs, &mut known).await?;
    if needs.quarantine {
        known.quarantine = quarantine(tx, author.device()).await?;
    }
    // Those of people were only needed to know whether they exist.
    known.records.retain(|id, _| needs.records.contains(id));
    Ok(known)
}

async fn quarantine(tx: &Tx, device: DeviceId) -> Result<Quarantine> {
    let sql = "select id, octet_length(body)::bigint, settled_at is null from quarantine
         where county = $1 and device = $2";
    let mut found = Quarantine::default();
    for row in tx.query(sql, &[&tx.county.0, &device.0]).await? {
        found.add(ChangeId(row.get(0)), row.get::<_, i64>(1) as usize, row.get(2));
    }
    Ok(found)
}

async fn changes(tx: &Tx, needs: &Needs, known: &mut Known) -> Result<()> {
    let all: BTreeSet<ChangeId> = needs.own.union(&needs.seen).copied().collect();
    let all = ids(all, |id| id.0);
    // What stands for a change that is repeated is of its text as it was kept, whatever is sent now.
    let own = ids(needs.own.iter(), |id| id.0);
    let sql = "select id, seq, stamp, device, case when id = any($3) then body end from change
         where county = $1 and id = any($2)";
    for row in tx.query(sql, &[&tx.county.0, &all, &own]).await? {
        let (id, stamp) = (ChangeId(row.get(0)), row.get::<_, i64>(2) as u64);
        let body: Option<&str> = row.get(4);
        let change = KnownChange {
            leaf: body.map(|body| crypto::frame::leaf(id.bytes(), stamp, body)),
            seq: row.get::<_, i64>(1) as u64,
            stamp: Stamp(row.get::<_, i64>(2) as u64),
            device: DeviceId(row.get(3)),
        };
        known.changes.insert(ChangeId(row.get(0)), change);
    }
    Ok(())
}

async fn refusals(tx: &Tx, device: DeviceId, needs: &Needs, known: &mut Known) -> Result<()> {
    let own = ids(needs.own.iter(), |id| id.0);
    let sql = "select id, code, field from refusal where county = $1 and device = $2 and id = any($3)";
    for row in tx.query(sql, &[&tx.county.0, &device.0, &own]).await? {
        known.refused.insert(ChangeId(row.get(0)), Refusal { code: row.get(1), field: row.get(2) });
    }
    Ok(())
}

/// The `create` of each record: usually the change of the same id.
pub(super) async fn records(tx: &Tx, wanted: &BTreeSet<RecordId>) -> Result<HashMap<RecordId, KnownRecord>> {
    let mut found = HashMap::new();
    if wanted.is_empty() {
        return Ok(found);
    }
    let own = "select record, kind, person, author from change
         where county = $1 and id = any($2) and record = id and op = 'create'";
    let other = "select distinct on (record) record, kind, person, author from change
         where county = $1 and record = any($2) and record <> id and op = 'create' order by record, seq";
    for sql in [own, other] {
        let missing = wanted.iter().filter(|record| !found.contains_key(*record));
        let missing = ids(missing, |record| record.0);
        if missing.is_empty() {
            break;
        }
        for row in tx.query(sql, &[&tx.county.0, &missing]).await? {
            let record = KnownRecord {
                kind: RecordKind::from_code(row.get(1)),
                person: row.get::<_, Option<Uuid>>(2).map(PersonId),
                author: UserId(row.get(3)),
            };
            found.insert(RecordId(row.get(0)), record);
        }
    }
    Ok(found)
}

/// All changes of the records in which the page may choose. The index by record leaves out the change that has its id.
async fn choices(tx: &Tx, needs: &Needs, known: &mut Known) -> Result<()> {
    known.choices = needs.choices.iter().map(|record| (*record, Vec::new())).collect();
    if needs.choices.is_empty() {
        return Ok(());
    }
    let wanted = ids(needs.choices.iter(), |record| record.0);
    let sql = "select body, stamp, record from change where county = $1 and id = any($2) and record = id
         union all
         select body, stamp, record from change where county = $1 and record = any($2) and record <> id";
    for row in tx.query(sql, &[&tx.county.0, &wanted]).await? {
        known.choices.entry(RecordId(row.get(2))).or_default().push(parse(&row)?);
    }
    Ok(())
}

async fn people(tx: &Tx, author: &Author, needs: &Needs, known: &mut Known) -> Result<()> {
    let is_person = |id: &PersonId| {
        known.records.get(&RecordId::from(*id)).is_some_and(|record| record.kind == RecordKind::Person)
    };
    let exist: BTreeSet<PersonId> = needs.people.iter().copied().filter(is_person).collect();
    if exist.is_empty() {
        return Ok(());
    }
    let Author::Device { member, device } = author else {
        known.people = exist.into_iter().map(|id| (id, KnownPerson::default())).collect();
        return Ok(());
    };
    let all = ids(exist.iter(), |person| person.0);
    let sql = "select person from told where county = $1 and device = $2 and person = any($3)";
    let told = tx.query(sql, &[&tx.county.0, &device.0, &all]).await?;
    let told: BTreeSet<PersonId> = told.iter().map(|row| PersonId(row.get(0))).collect();
    let first = "select p.person, c.record from unnest($2::uuid[]) p (person) cross join lateral (
           select record from change where county = $1 and person = p.person
             and kind in ('person', 'case', 'assignment') and kind = 'case' and op = 'create' order by seq limit 1
         ) c";
    let first = tx.query(first, &[&tx.county.0, &all]).await?;
    let first: BTreeMap<PersonId, RecordId> =
        first.iter().map(|row| (PersonId(row.get(0)), RecordId(row.get(1)))).collect();
    let carried = caseload::carried(tx, exist.iter().copied()).await?;
    for id in exist {
        let cases = carried.get(&id).map(Vec::as_slice).unwrap_or_default();
        let carriers = cases.iter().flat_map(|case| [case.lead, case.partner]).flatten();
        let person = KnownPerson {
            told: told.contains(&id),
            near: member.nearness(cases),
            lead: cases.iter().any(|case| case.lead == Some(member.user)),
            others: carriers.into_iter().any(|carrier| carrier != member.user),
            first_case: first.get(&id).copied(),
        };
        known.people.insert(id, person);
    }
    Ok(())
}
