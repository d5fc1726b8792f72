//! Begins a pull: notes the contact, plans, and writes down what the device is told.

use super::accept::NOBODY;
use super::settled::Settled;
use super::{caseload, told};
use crate::db::{Begun, DbError, PullAsk, Result};
use crate::pull::plan::{Ask, plan};
use crate::token::MAX_FIRST;
use crypto::digest::RecordDigest;
use domain::records::{FollowUp, OverdoseEvent, Record};
use domain::{Change, CountyId, Millis, PersonId, RecordKind, clock72, fold};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use sync::wire::HeldDigest;

/// How many of the newest events and follow-ups are looked at for who is due.
const LOOKED_AT: u32 = 2_000;

/// Begins a pull.
pub(super) fn begin(c: &Connection, county: CountyId, ask: PullAsk, settled: &Settled) -> Result<Begun> {
    let here = super::county(c, county)?;
    c.execute(
        "update device set last_contact = ?3, clock_offset = ?4, unsent = ?5, app = ?6
         where county = ?1 and device = ?2",
        (county.bytes(), ask.device.bytes(), ask.now.0, ask.clock_offset, ask.unsent, &ask.app),
    )?;
    if let Some(plan) = settled.plan(c, county, &ask, (here.epoch, here.seq))? {
        return Ok(Begun { plan, seq: here.seq });
    }
    let rows = told::rows(c, county, ask.device)?;
    let now = caseload::now(c, county, &ask.member)?;
    let (differ, county_differs) = match &ask.compare {
        Some(theirs) => differing(c, county, &now, theirs)?,
        None => Default::default(),
    };
    let question = Ask {
        token: ask.token,
        forgot: ask.forgot,
        differ,
        county_differs,
        epoch: here.epoch,
        seq: here.seq,
    };
    let mut failed = None;
    let plan = plan(&question, &rows, &now, |entering| {
        let zone = here.timezone.parse().unwrap_or(chrono_tz::UTC);
        due_first(c, county, entering, ask.now, zone).unwrap_or_else(|error| {
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

/// People whose digests differ from the county's, missing ones included; and whether the county's own records do.
fn differing(
    c: &Connection,
    county: CountyId,
    now: &BTreeMap<PersonId, u32>,
    theirs: &[HeldDigest],
) -> Result<(BTreeSet<PersonId>, bool)> {
    let zero = RecordDigest::ZERO.to_string();
    let mut said: HashMap<([u8; 16], u8), &str> = HashMap::new();
    for held in theirs.iter().filter(|held| held.digest != zero) {
        said.insert((held.person.map_or(NOBODY, |person| person.bytes()), held.object), &held.digest);
    }
    let mut differ = BTreeSet::new();
    for (person, objects) in now {
        let mut same = true;
        for (object, sum) in digests(c, county, person.bytes())? {
            let theirs = said.remove(&(person.bytes(), object));
            let readable = objects & (1 << object) != 0;
            same &= !readable || theirs == Some(sum.to_string().as_str());
        }
        // Something is left that the county does not have.
        same &= !(0..32).any(|object| said.contains_key(&(person.bytes(), object)));
        if !same {
            differ.insert(*person);
        }
    }
    let ours: RecordDigest = digests(c, county, NOBODY)?.into_iter().map(|(_, sum)| sum).sum();
    let own = said.iter().filter(|((person, _), _)| *person == NOBODY);
    let theirs: RecordDigest = own.filter_map(|(_, digest)| digest.parse::<RecordDigest>().ok()).sum();
    Ok((differ, ours != theirs))
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

/// Of those who enter, the people who are due: by a running first-contact clock, or by a follow-up of today or
/// earlier. Looks at the newest events and follow-ups only, so that it costs the same in a county of any size.
fn due_first(
    c: &Connection,
    county: CountyId,
    entering: &[PersonId],
    now: Millis,
    zone: chrono_tz::Tz,
) -> Result<Vec<PersonId>> {
    if entering.len() < 2 {
        return Ok(Vec::new());
    }
    let entering: HashSet<_> = entering.iter().collect();
    let mut statement = c.prepare_cached(
        "select person, body from change where county = ?1 and kind in ('overdose_event', 'follow_up')
         order by seq desc limit ?2",
    )?;
    let mut rows = statement.query((county.bytes(), LOOKED_AT))?;
    let today = now.date_in(zone);
    let mut due: Vec<(Millis, PersonId)> = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(person) = row.get::<_, Option<[u8; 16]>>(0)?.map(PersonId::from_bytes) else { continue };
        if !entering.contains(&person) {
            continue;
        }
        let body = row.get_ref(1)?.as_str().map_err(|_| DbError::Unreadable)?;
        let change: Change = serde_json::from_str(body).map_err(|_| DbError::Unreadable)?;
        let values = fold([(&change, change.stamp)]).values();
        let by = match change.kind {
            RecordKind::OverdoseEvent => {
                let event = OverdoseEvent::from_values(&values);
                clock72::first_contact_due([&event], clock72::FIRST_CONTACT_HOURS, None)
                    .filter(|by| by.since(now) <= clock72::FIRST_CONTACT_HOURS * domain::time::HOUR)
                    .filter(|by| now.since(*by) <= 30 * domain::time::DAY)
            }
            _ => {
                let follow_up = FollowUp::from_values(&values);
                let open = follow_up.done_at.is_none() && follow_up.dropped_at.is_none();
                let day = follow_up.due_on.filter(|day| open && *day <= today);
                day.map(|day| domain::time::end_of(day, zone))
            }
        };
        due.extend(by.map(|by| (by, person)));
    }
    due.sort();
    let mut first: Vec<PersonId> = Vec::new();
    for (_, person) in due {
        if first.len() < MAX_FIRST && !first.contains(&person) {
            first.push(person);
        }
    }
    Ok(first)
}
