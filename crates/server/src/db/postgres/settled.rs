//! Checks against the log what is remembered of the last whole pull of a device, and sums digests.

use super::keep::digest as sum;
use super::transaction::Tx;
use crate::db::settled::{CARRYING, Settled, Whole};
use crate::db::{FeedAsk, NOBODY, PullAsk, Result};
use crate::pull::plan::Plan;
use crypto::digest::RecordDigest;
use domain::PersonId;
use std::collections::HashMap;
use uuid::Uuid;

/// The plan of a pull that goes on from the last whole one, if the caseload is what it was then.
pub(super) async fn plan(
    settled: &Settled,
    tx: &Tx,
    ask: &PullAsk,
    (epoch, seq): (u32, u64),
) -> Result<Option<Plan>> {
    let Some((last, token)) = settled.goes_on(ask, (epoch, seq)) else { return Ok(None) };
    Ok(same_caseload(tx, last.seq, seq).await?.then(|| last.plan(token)))
}

/// The digest up to `seq`, if the caseload is what it was in the last whole pull.
pub(super) async fn digest(
    settled: &Settled,
    tx: &Tx,
    ask: &FeedAsk,
    (epoch, seq): (u32, u64),
) -> Result<Option<RecordDigest>> {
    let Some(last) = settled.adds_up(ask, (epoch, seq)) else { return Ok(None) };
    if !same_caseload(tx, last.seq, seq).await? {
        return Ok(None);
    }
    Ok(Some(last.digest + since(tx, &last, seq).await?))
}

/// Whether nothing was written in between that says whose people are whose.
async fn same_caseload(tx: &Tx, from: u64, to: u64) -> Result<bool> {
    let sql = "select from change where county = $1 and seq > $2 and seq <= $3 and kind = any($4) limit 1";
    let kinds = &CARRYING[..];
    Ok(tx.query_opt(sql, &[&tx.county.0, &(from as i64), &(to as i64), &kinds]).await?.is_none())
}

/// What the changes after the last whole pull add to its digest.
async fn since(tx: &Tx, last: &Whole, seq: u64) -> Result<RecordDigest> {
    let sql = "select id, stamp, person, object from change where county = $1 and seq > $2 and seq <= $3";
    let mut digest = RecordDigest::ZERO;
    for row in tx.query(sql, &[&tx.county.0, &(last.seq as i64), &(seq as i64)]).await? {
        let person = row.get::<_, Option<Uuid>>(2).map(PersonId);
        if last.reads(person, row.get::<_, i64>(3) as u8) {
            digest += RecordDigest::entry(row.get::<_, Uuid>(0).into_bytes(), row.get::<_, i64>(1) as u64);
        }
    }
    Ok(digest)
}

/// The sums of people, and of the county itself under [`NOBODY`], by object.
pub(super) async fn sums(
    tx: &Tx,
    people: impl Iterator<Item = PersonId>,
) -> Result<HashMap<[u8; 16], Vec<(u8, RecordDigest)>>> {
    let people: Vec<Uuid> = people.map(|person| person.0).chain([Uuid::from_bytes(NOBODY)]).collect();
    let sql = "select person, object, sum from digest where county = $1 and person = any($2)";
    let mut sums: HashMap<[u8; 16], Vec<(u8, RecordDigest)>> = HashMap::new();
    for row in tx.query(sql, &[&tx.county.0, &people]).await? {
        let of_person = sums.entry(row.get::<_, Uuid>(0).into_bytes()).or_default();
        of_person.push((row.get::<_, i64>(1) as u8, sum(row.get(2))?));
    }
    Ok(sums)
}

/// The digest over everything that a device should hold, from the sums of each person.
pub(super) async fn of_everybody(tx: &Tx, should_hold: &HashMap<PersonId, u32>) -> Result<RecordDigest> {
    let sums = sums(tx, should_hold.keys().copied()).await?;
    let of = |person: [u8; 16], objects: u32| -> RecordDigest {
        let all = sums.get(&person).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|(object, _)| objects & (1 << object) != 0).map(|(_, sum)| *sum).sum()
    };
    let people: RecordDigest = should_hold.iter().map(|(person, objects)| of(person.bytes(), *objects)).sum();
    Ok(people + of(NOBODY, u32::MAX))
}
