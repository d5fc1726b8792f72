//! Looks for damage: pages, the log against its counter and its own words, digests and caseload against the log.

use super::{open, refold};
use crate::db::logged::{Log, Logged};
use crate::db::{CheckReport, DbError, Result};
use crypto::digest::RecordDigest;
use domain::caseload::Carried;
use domain::{CountyId, PersonId, RecordId, TeamId, UserId};
use rusqlite::{Connection, Row};
use std::collections::BTreeSet;

pub(super) fn check(c: &Connection, county: CountyId) -> Result<CheckReport> {
    let mut pages = c.prepare("pragma cipher_integrity_check")?;
    let damaged = pages.query_map([], |_| Ok(()))?.count() as u64;
    // What lies on a page that fails cannot be read, so nothing that is counted from here on would be right.
    if damaged > 0 {
        return Ok(CheckReport { damaged, ..CheckReport::default() });
    }
    let mut tables = c.prepare("pragma integrity_check")?;
    let said = tables.query_map([], |row| row.get::<_, String>(0))?;
    let damaged = said.filter(|line| line.as_deref() != Ok("ok")).count() as u64;
    let mut log = log(c, county)?;
    let wrong = digests(c, county, &mut log)?;
    let (mut report, people) = log.end(carried(c, county)?);
    report.schema = open::version(c)?;
    report.seq = super::county(c, county)?.seq;
    report.damaged += damaged;
    report.digests_wrong += wrong;
    for person in people {
        report.caseload_wrong += u64::from(!caseload_fits(c, county, person)?);
    }
    Ok(report)
}

/// The whole log, read once.
fn log(c: &Connection, county: CountyId) -> Result<Log> {
    let mut statement = c.prepare(
        "select seq, id, record, kind, op, person, object, device, author, stamp, body from change
         where county = ?1 order by seq",
    )?;
    let mut rows = statement.query([county.bytes()])?;
    let mut log = Log::default();
    while let Some(row) = rows.next()? {
        log.take(&Logged {
            seq: row.get(0)?,
            id: row.get(1)?,
            record: row.get(2)?,
            kind: text(row, 3)?,
            op: text(row, 4)?,
            person: row.get(5)?,
            object: row.get(6)?,
            device: row.get(7)?,
            author: row.get(8)?,
            stamp: row.get::<_, i64>(9)? as u64,
            body: text(row, 10)?,
        });
    }
    Ok(log)
}

fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str> {
    row.get_ref(column)?.as_str().map_err(|_| DbError::Unreadable)
}

/// How many of the sums that are kept are wrong.
fn digests(c: &Connection, county: CountyId, log: &mut Log) -> Result<u64> {
    let mut statement = c.prepare("select person, object, sum, count from digest where county = ?1")?;
    let mut rows = statement.query([county.bytes()])?;
    let mut wrong = 0;
    while let Some(row) = rows.next()? {
        let (sum, count) = (row.get(2).ok().map(RecordDigest::from_bytes), row.get(3)?);
        wrong += u64::from(log.is_wrong((row.get(0)?, row.get(1)?), sum.map(|sum| (sum, count))));
    }
    Ok(wrong)
}

/// Everybody in the caseload.
fn carried(c: &Connection, county: CountyId) -> Result<BTreeSet<PersonId>> {
    let mut statement = c.prepare("select distinct person from caseload where county = ?1")?;
    let people = statement.query_map([county.bytes()], |row| Ok(PersonId::from_bytes(row.get(0)?)))?;
    Ok(people.collect::<rusqlite::Result<_>>()?)
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
