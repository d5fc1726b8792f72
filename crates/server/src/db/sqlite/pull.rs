//! Begins a pull: notes the contact, plans, and writes down what the device is told.

use super::{auth, caseload, settled, told};
use crate::db::due::{Due, LOOKED_AT};
use crate::db::frame::{after_offer, differing as compare};
use crate::db::settled::Settled;
use crate::db::{Begun, County, DbError, PullAsk, Result};
use crate::pull::plan::{Ask, plan};
use crypto::digest::RecordDigest;
use domain::{CountyId, Millis, PersonId};
use rusqlite::Connection;

/// Begins a pull.
pub(super) fn begin(c: &Connection, county: CountyId, ask: PullAsk, settled: &Settled) -> Result<Begun> {
    let here = super::county(c, county)?;
    auth::heard(c, county, (ask.device, ask.now), &ask.contact, Some(here.epoch))?;
    if let Some(plan) = settled::plan(settled, c, county, &ask, (here.epoch, here.seq))? {
        return Ok(Begun { plan, seq: here.seq });
    }
    let rows = told::rows(c, county, ask.device)?;
    let now = caseload::now(c, county, &ask.member)?;
    let differing = match &ask.compare {
        Some(theirs) => compare(&now, theirs, ask.whole, |person| digests(c, county, person))?,
        None => Default::default(),
    };
    let question = Ask {
        token: if ask.whole { Some(after_offer(&here, &rows)) } else { ask.token },
        forgot: ask.forgot,
        differ: differing.people,
        beyond: differing.beyond,
        county_differs: differing.county,
        epoch: here.epoch,
        seq: here.seq,
    };
    let mut failed = None;
    let plan = plan(&question, &rows, &now, |entering| {
        due_first(c, &here, entering, ask.now).unwrap_or_else(|error| {
            failed = Some(error);
            Vec::new()
        })
    });
    if let Some(error) = failed {
        return Err(error);
    }
    told::keep(c, county, ask.device, &plan)?;
    Ok(Begun { plan, seq: here.seq })
}

/// The sums of one person (or of the county), by object.
pub(super) fn digests(c: &Connection, county: CountyId, person: [u8; 16]) -> Result<Vec<(u8, RecordDigest)>> {
    let mut statement =
        c.prepare_cached("select object, sum from digest where county = ?1 and person = ?2")?;
    let rows = statement.query_map((county.bytes(), person), |row| {
        Ok((row.get(0)?, RecordDigest::from_bytes(row.get(1)?)))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Of those who enter, the people who are due.
fn due_first(c: &Connection, county: &County, entering: &[PersonId], now: Millis) -> Result<Vec<PersonId>> {
    let Some(mut due) = Due::of(entering, now, &county.timezone) else { return Ok(Vec::new()) };
    let mut statement = c.prepare_cached(
        "select person, body from change where county = ?1 and kind in ('overdose_event', 'follow_up')
         order by seq desc limit ?2",
    )?;
    let mut rows = statement.query((county.id.bytes(), LOOKED_AT))?;
    while let Some(row) = rows.next()? {
        let person = row.get::<_, Option<[u8; 16]>>(0)?.map(PersonId::from_bytes);
        if let Some(person) = person.filter(|person| due.wants(*person)) {
            due.look(person, row.get_ref(1)?.as_str().map_err(|_| DbError::Unreadable)?)?;
        }
    }
    Ok(due.first())
}
