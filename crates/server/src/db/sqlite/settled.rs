//! Checks against the log what is remembered of the last whole pull of a device, and sums digests.

use super::pull;
use crate::db::settled::{CARRYING, Settled, Whole};
use crate::db::{FeedAsk, NOBODY, PullAsk, Result};
use crate::pull::plan::Plan;
use crypto::digest::RecordDigest;
use domain::{CountyId, PersonId};
use rusqlite::Connection;

/// The plan of a pull that goes on from the last whole one, if the caseload is what it was then.
pub(super) fn plan(
    settled: &Settled,
    c: &Connection,
    county: CountyId,
    ask: &PullAsk,
    (epoch, seq): (u32, u64),
) -> Result<Option<Plan>> {
    let Some((last, token)) = settled.goes_on(ask, (epoch, seq)) else { return Ok(None) };
    Ok(same_caseload(c, county, last.seq, seq)?.then(|| last.plan(token)))
}

/// The digest up to `seq`, if the caseload is what it was in the last whole pull.
pub(super) fn digest(
    settled: &Settled,
    c: &Connection,
    county: CountyId,
    ask: &FeedAsk,
    (epoch, seq): (u32, u64),
) -> Result<Option<RecordDigest>> {
    let Some(last) = settled.adds_up(ask, (epoch, seq)) else { return Ok(None) };
    if !same_caseload(c, county, last.seq, seq)? {
        return Ok(None);
    }
    Ok(Some(last.digest + since(c, county, &last, seq)?))
}

/// Whether nothing was written in between that says whose people are whose.
fn same_caseload(c: &Connection, county: CountyId, from: u64, to: u64) -> Result<bool> {
    let kinds = CARRYING.map(|kind| format!("'{kind}'")).join(", ");
    let mut statement = c.prepare_cached(&format!(
        "select 1 from change where county = ?1 and seq > ?2 and seq <= ?3 and kind in ({kinds})"
    ))?;
    Ok(!statement.exists((county.bytes(), from as i64, to as i64))?)
}

/// What the changes after the last whole pull add to its digest.
fn since(c: &Connection, county: CountyId, last: &Whole, seq: u64) -> Result<RecordDigest> {
    let mut statement = c.prepare_cached(
        "select id, stamp, person, object from change where county = ?1 and seq > ?2 and seq <= ?3",
    )?;
    let mut rows = statement.query((county.bytes(), last.seq as i64, seq as i64))?;
    let mut digest = RecordDigest::ZERO;
    while let Some(row) = rows.next()? {
        let person = row.get::<_, Option<[u8; 16]>>(2)?.map(PersonId::from_bytes);
        if last.reads(person, row.get(3)?) {
            digest += RecordDigest::entry(row.get(0)?, row.get::<_, i64>(1)? as u64);
        }
    }
    Ok(digest)
}

/// The digest over everything that a device should hold, from the sums of each person.
pub(super) fn of_everybody(
    c: &Connection,
    county: CountyId,
    should_hold: impl Iterator<Item = (PersonId, u32)>,
) -> Result<RecordDigest> {
    let mut digest: RecordDigest = pull::digests(c, county, NOBODY)?.into_iter().map(|(_, sum)| sum).sum();
    for (person, objects) in should_hold.filter(|(_, objects)| *objects != 0) {
        let sums = pull::digests(c, county, person.bytes())?;
        digest += sums.into_iter().filter(|(o, _)| objects & (1 << o) != 0).map(|(_, sum)| sum).sum();
    }
    Ok(digest)
}
