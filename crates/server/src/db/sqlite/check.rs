//! Looks for damage: pages, the log against its counter, digests and caseload against the log.

use super::{open, refold};
use crate::db::{CheckReport, NOBODY, Result};
use crypto::digest::RecordDigest;
use domain::caseload::Carried;
use domain::{CountyId, PersonId, RecordId, TeamId, UserId};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(c: &Connection, county: CountyId) -> Result<CheckReport> {
    let mut report = CheckReport { schema: open::newest_schema(), ..CheckReport::default() };
    let mut pages = c.prepare("pragma cipher_integrity_check")?;
    report.damaged += pages.query_map([], |_| Ok(()))?.count() as u64;
    let mut tables = c.prepare("pragma integrity_check")?;
    let said = tables.query_map([], |row| row.get::<_, String>(0))?;
    report.damaged += said.filter(|line| line.as_deref() != Ok("ok")).count() as u64;
    report.seq = super::county(c, county)?.seq;
    let (sums, people) = sums(c, county, &mut report)?;
    report.digests_wrong = compare_digests(c, county, sums)?;
    for person in people {
        report.caseload_wrong += u64::from(!caseload_fits(c, county, person)?);
    }
    Ok(report)
}

type Sums = BTreeMap<([u8; 16], u8), (RecordDigest, i64)>;

/// The sums as they should be, and everybody in the log.
fn sums(c: &Connection, county: CountyId, report: &mut CheckReport) -> Result<(Sums, BTreeSet<PersonId>)> {
    let mut statement = c.prepare("select id, person, object, stamp from change where county = ?1")?;
    let mut rows = statement.query([county.bytes()])?;
    let (mut sums, mut people) = (Sums::new(), BTreeSet::new());
    while let Some(row) = rows.next()? {
        report.changes += 1;
        let person: Option<[u8; 16]> = row.get(1)?;
        people.extend(person.map(PersonId::from_bytes));
        let (sum, count) = sums.entry((person.unwrap_or(NOBODY), row.get(2)?)).or_default();
        *sum += RecordDigest::entry(row.get(0)?, row.get::<_, i64>(3)? as u64);
        *count += 1;
    }
    Ok((sums, people))
}

fn compare_digests(c: &Connection, county: CountyId, mut sums: Sums) -> Result<u64> {
    let mut statement = c.prepare("select person, object, sum, count from digest where county = ?1")?;
    let mut rows = statement.query([county.bytes()])?;
    let mut wrong = 0;
    while let Some(row) = rows.next()? {
        let kept = (RecordDigest::from_bytes(row.get(2)?), row.get(3)?);
        wrong += u64::from(sums.remove(&(row.get(0)?, row.get(1)?)) != Some(kept));
    }
    Ok(wrong + sums.len() as u64)
}

fn caseload_fits(c: &Connection, county: CountyId, person: PersonId) -> Result<bool> {
    let mut statement = c.prepare_cached(
        "select case_id, team, lead, partner, open from caseload where county = ?1 and person = ?2 order by case_id",
    )?;
    let rows = statement.query_map((county.bytes(), person.bytes()), |row| {
        Ok(crate::caseload::CarriedCase {
            case: RecordId::from_bytes(row.get(0)?),
            carried: Carried {
                team: row.get::<_, Option<[u8; 16]>>(1)?.map(TeamId::from_bytes),
                lead: row.get::<_, Option<[u8; 16]>>(2)?.map(UserId::from_bytes),
                partner: row.get::<_, Option<[u8; 16]>>(3)?.map(UserId::from_bytes),
            },
            open: row.get(4)?,
        })
    })?;
    let kept: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(kept == refold::cases(c, county, person)?)
}
