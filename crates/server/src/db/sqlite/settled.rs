//! What the last whole pull of each device came to, so that the next one need not look at everybody again.
//!
//! A small sync of a supervisor would otherwise read ten thousand rows of the caseload, of what the device was told
//! and of the digests, to find that nothing about them has changed. Whose people are whose follows from the log: as
//! long as no case, assignment, person, team or member was written since, the caseload is what it was, and the digest
//! is what it was and the changes since.
//!
//! It is kept in memory only and is never needed: another process, or this one after a restart, looks at everybody.

use super::accept::NOBODY;
use super::pull;
use crate::db::{FeedAsk, PullAsk, Result};
use crate::pull::plan::Plan;
use crypto::digest::RecordDigest;
use domain::caseload::Member;
use domain::{CountyId, DeviceId, PersonId};
use rusqlite::Connection;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Past so many changes, looking at everybody costs no more.
const FEW: u64 = 1_000;
/// How many people are remembered in all: about 20 MB.
const MOST_PEOPLE: usize = 500_000;

/// A whole pull: nobody was entering or leaving, and the device held exactly its user's caseload.
#[derive(Clone)]
struct Whole {
    member: Member,
    /// The number of the pull in which histories were last begun.
    pull: u32,
    held: Arc<HashMap<PersonId, u32>>,
    /// The county's last number in it.
    seq: u64,
    digest: RecordDigest,
}

/// The last whole pull of each device.
#[derive(Clone, Default)]
pub(super) struct Settled(Arc<Mutex<HashMap<DeviceId, Whole>>>);

impl Settled {
    /// The plan of a pull that goes on from the last whole one, if the caseload is what it was then.
    pub(super) fn plan(
        &self,
        c: &Connection,
        county: CountyId,
        ask: &PullAsk,
        (epoch, seq): (u32, u64),
    ) -> Result<Option<Plan>> {
        if ask.compare.is_some() {
            // A difference is looked into without believing anything.
            self.map().remove(&ask.device);
        }
        let Some(token) = ask.token.as_ref().filter(|token| token.histories.is_none()) else {
            return Ok(None);
        };
        let Some(last) = self.last(ask.device, &ask.member) else { return Ok(None) };
        let goes_on = token.epoch == epoch && token.pull == last.pull && token.seq == last.seq;
        if !goes_on || !ask.forgot.is_empty() || !same_caseload(c, county, last.seq, seq)? {
            return Ok(None);
        }
        let held = last.held.as_ref().clone();
        Ok(Some(Plan { held, token: token.clone(), county_from: token.seq, ..Plan::default() }))
    }

    /// The digest up to `seq`, if the caseload is what it was in the last whole pull.
    pub(super) fn digest(
        &self,
        c: &Connection,
        county: CountyId,
        ask: &FeedAsk,
        seq: u64,
    ) -> Result<Option<RecordDigest>> {
        let Some(last) = self.last(ask.device, &ask.member) else { return Ok(None) };
        let same = last.pull == ask.pull && last.held == ask.held && ask.leaves.is_empty();
        if !same || !same_caseload(c, county, last.seq, seq)? {
            return Ok(None);
        }
        Ok(Some(last.digest + since(c, county, &last, seq)?))
    }

    /// Remembers a whole pull.
    pub(super) fn keep(&self, ask: &FeedAsk, seq: u64, digest: RecordDigest) {
        let (member, held) = (ask.member.clone(), Arc::clone(&ask.held));
        let whole = Whole { member, pull: ask.pull, held, seq, digest };
        let mut map = self.map();
        let all: usize = map.values().map(|whole| whole.held.len()).sum();
        if all + whole.held.len() > MOST_PEOPLE {
            map.clear();
        }
        map.insert(ask.device, whole);
    }

    fn last(&self, device: DeviceId, member: &Member) -> Option<Whole> {
        self.map().get(&device).filter(|last| last.member == *member).cloned()
    }

    fn map(&self) -> MutexGuard<'_, HashMap<DeviceId, Whole>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nothing was written in between that says whose people are whose.
fn same_caseload(c: &Connection, county: CountyId, from: u64, to: u64) -> Result<bool> {
    if to < from || to - from > FEW {
        return Ok(false);
    }
    let mut statement = c.prepare_cached(
        "select 1 from change where county = ?1 and seq > ?2 and seq <= ?3
         and kind in ('case', 'assignment', 'person', 'team', 'staff')",
    )?;
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
        let reads = match row.get::<_, Option<[u8; 16]>>(2)?.map(PersonId::from_bytes) {
            None => u32::MAX,
            Some(person) => last.held.get(&person).copied().unwrap_or(0),
        };
        if reads & (1 << row.get::<_, u8>(3)?) != 0 {
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
