//! Reads what a pull brings, frame by frame. Whether a person is still in the reader's caseload is judged here, as
//! the frame is built.

use super::{caseload, rest, settled, told};
use crate::db::frame::{self, FRAME_CHANGES, Room};
use crate::db::own::{Own, Run};
use crate::db::settled::Settled;
use crate::db::{Delivery, FeedAsk, FeedPart, HistoryAsk, HistoryPart, LastPart, Result};
use domain::caseload::Member;
use domain::{ChangeId, CountyId, PersonId, Stamp};
use rusqlite::{Connection, Row};
use std::collections::{BTreeMap, HashMap};

const COLUMNS: &str = "seq, person, stamp, body, object, device, id";

/// The county's own records in a range.
pub(super) fn county_records(c: &Connection, county: CountyId, from: u64, to: u64) -> Result<Vec<Delivery>> {
    of_person(c, county, None, (from, to), u32::MAX, usize::MAX)
}

/// Histories, as many as fit.
pub(super) fn histories(c: &Connection, county: CountyId, ask: &HistoryAsk) -> Result<HistoryPart> {
    let (mut part, mut room) = (HistoryPart::default(), Room::default());
    let mut at = ask.at;
    for (person, objects) in &ask.entering {
        if room.full() {
            break;
        }
        let sees = caseload::sees(c, county, &ask.member, *person)?;
        if objects & !sees != 0 {
            part.missed.insert(*person);
        }
        let objects = objects & sees;
        if objects != 0 {
            let mut deliveries = Vec::new();
            let mut upto = at;
            let whole = each_of_person(c, county, Some(*person), at, ask.to, |delivery| {
                if room.full() {
                    return false;
                }
                upto = delivery.seq;
                if objects & (1 << delivery.object) != 0 {
                    room.take(&delivery.body);
                    deliveries.push(delivery);
                }
                true
            })?;
            part.people.push((*person, objects, at > 0, deliveries));
            if !whole {
                part.at = upto;
                return Ok(part);
            }
            part.complete.push(*person);
        }
        part.passed += 1;
        at = 0;
    }
    Ok(part)
}

/// The log of one person (`?2`), or of the county itself, in the county `?1`.
///
/// The index is named, and nobody is asked for by "is null": for "person is ?2" SQLite walks along the whole log by
/// number instead.
pub(super) fn whose(person: Option<PersonId>) -> &'static str {
    match person {
        Some(_) => "change indexed by change_person where county = ?1 and person = ?2",
        None => "change indexed by change_person where county = ?1 and person is null and ?2 is null",
    }
}

/// Reads a person's changes in a range until `take` has enough; says whether it took all.
fn each_of_person(
    c: &Connection,
    county: CountyId,
    person: Option<PersonId>,
    from: u64,
    to: u64,
    mut take: impl FnMut(Delivery) -> bool,
) -> Result<bool> {
    let whose = whose(person);
    let sql = format!("select {COLUMNS} from {whose} and seq > ?3 and seq <= ?4 order by seq");
    let mut statement = c.prepare_cached(&sql)?;
    let person = person.map(|person| person.bytes());
    let mut rows = statement.query((county.bytes(), person, from as i64, to as i64))?;
    while let Some(row) = rows.next()? {
        if !take(delivery(row)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// At most `limit` of a person's changes in a range, of the objects in `reads`.
pub(super) fn of_person(
    c: &Connection,
    county: CountyId,
    person: Option<PersonId>,
    (from, to): (u64, u64),
    reads: u32,
    limit: usize,
) -> Result<Vec<Delivery>> {
    let mut found = Vec::new();
    each_of_person(c, county, person, from, to, |delivery| {
        if reads & (1 << delivery.object) != 0 {
            found.push(delivery);
        }
        found.len() < limit
    })?;
    Ok(found)
}

/// What is new, as much as fits a frame.
pub(super) fn feed(c: &Connection, county: CountyId, ask: &FeedAsk, own: &Own) -> Result<FeedPart> {
    let mut now = Now { c, county, member: &ask.member, known: HashMap::new() };
    let runs = own.others(ask.device, ask.from, ask.to);
    let changes = runs.iter().map(|(first, last)| last - first + 1).sum();
    if frame::along_the_feed(changes, ask.held.len()) {
        along(c, county, ask, &runs, &mut now)
    } else {
        by_person(c, county, ask, &mut now)
    }
}

/// Judges, once per frame and person, what the reader may see.
struct Now<'a> {
    c: &'a Connection,
    county: CountyId,
    member: &'a Member,
    known: HashMap<PersonId, u32>,
}

impl Now<'_> {
    fn sees(&mut self, person: PersonId) -> Result<u32> {
        if let Some(objects) = self.known.get(&person) {
            return Ok(*objects);
        }
        let objects = caseload::sees(self.c, self.county, self.member, person)?;
        self.known.insert(person, objects);
        Ok(objects)
    }
}

/// Few changes: reads along the feed and picks.
fn along(c: &Connection, county: CountyId, ask: &FeedAsk, runs: &[Run], now: &mut Now) -> Result<FeedPart> {
    let sql =
        format!("select {COLUMNS} from change where county = ?1 and seq >= ?2 and seq <= ?3 order by seq");
    let mut statement = c.prepare_cached(&sql)?;
    let (mut part, mut room) = (FeedPart { upto: ask.from, ..FeedPart::default() }, Room::default());
    for (first, last) in runs {
        let mut rows = statement.query((county.bytes(), *first as i64, *last as i64))?;
        while let Some(row) = rows.next()? {
            if room.full() {
                return Ok(part);
            }
            part.upto = row.get::<_, i64>(0)? as u64;
            if row.get::<_, [u8; 16]>(5)? == ask.device.bytes() {
                continue;
            }
            let person = row.get::<_, Option<[u8; 16]>>(1)?.map(PersonId::from_bytes);
            let reads = match person {
                None => true,
                Some(person) => {
                    let Some(held) = ask.held.get(&person) else { continue };
                    let missed = || {
                        part.missed.insert(person);
                    };
                    frame::takes(*held, now.sees(person)?, row.get(4)?, missed)
                }
            };
            if reads {
                let delivery = delivery(row)?;
                room.take(&delivery.body);
                part.changes.push(delivery);
            }
        }
    }
    part.upto = ask.to;
    Ok(part)
}

/// Many changes, of which few are theirs: looks at each person held. What is found is cut to a frame by number, so
/// that the token can say how far it goes.
fn by_person(c: &Connection, county: CountyId, ask: &FeedAsk, now: &mut Now) -> Result<FeedPart> {
    let mut found: BTreeMap<u64, (Option<PersonId>, u8)> = BTreeMap::new();
    let people = ask.held.keys().map(|person| Some(*person)).chain([None]);
    for person in people {
        let whose = whose(person);
        let mut numbers = c.prepare_cached(&format!(
            "select seq, object from {whose} and seq > ?3 and seq <= ?4 and device <> ?5 order by seq limit ?6"
        ))?;
        let key = person.map(|person| person.bytes());
        let mut rows = numbers.query((
            county.bytes(),
            key,
            ask.from as i64,
            ask.to as i64,
            ask.device.bytes(),
            FRAME_CHANGES as i64,
        ))?;
        while let Some(row) = rows.next()? {
            found.insert(row.get::<_, i64>(0)? as u64, (person, row.get(1)?));
        }
        // Numbers beyond the frame are found again by the next one.
        while found.len() > FRAME_CHANGES {
            found.pop_last();
        }
    }
    let whole = found.len() < FRAME_CHANGES;
    let mut part = FeedPart { upto: ask.from, ..FeedPart::default() };
    let mut room = Room::default();
    let sql = format!("select {COLUMNS} from change where county = ?1 and seq = ?2");
    let mut one = c.prepare_cached(&sql)?;
    for (seq, (person, object)) in found {
        if room.full() {
            return Ok(part);
        }
        part.upto = seq;
        let reads = match person {
            None => true,
            Some(person) => {
                let held = ask.held.get(&person).copied().unwrap_or(0);
                let missed = || {
                    part.missed.insert(person);
                };
                frame::takes(held, now.sees(person)?, object, missed)
            }
        };
        if reads {
            let delivery = one.query_row((county.bytes(), seq as i64), delivery)?;
            room.take(&delivery.body);
            part.changes.push(delivery);
        }
    }
    if whole {
        part.upto = ask.to;
    }
    Ok(part)
}

/// The last frame: what came after the plan, the digest over everything that the device should hold, and whether the
/// caseload has changed meanwhile.
pub(super) fn last(
    c: &Connection,
    county: CountyId,
    ask: &FeedAsk,
    settled: &Settled,
    own: &Own,
) -> Result<LastPart> {
    let here = super::county(c, county)?;
    let (seq, mark) = (here.seq, (here.epoch, here.seq));
    let mut part = LastPart { seq, ..LastPart::default() };
    let mut from = ask.from;
    while from < seq {
        let found = feed(c, county, &FeedAsk { from, to: seq, ..ask.clone() }, own)?;
        part.changes.extend(found.changes);
        part.missed.extend(found.missed);
        from = found.upto;
    }
    let digest = match settled::digest(settled, c, county, ask, mark)? {
        Some(digest) => digest,
        None => {
            let now = caseload::now(c, county, &ask.member)?;
            let both = |(person, held): (&PersonId, &u32)| (*person, held & now.get(person).unwrap_or(&0));
            part.more = frame::changed_meanwhile(ask, &now, &told::rows(c, county, ask.device)?);
            settled::of_everybody(c, county, ask.held.iter().map(both))?
        }
    };
    if !part.more && ask.leaves.is_empty() {
        settled.keep(ask, mark, digest);
        own.pulled(ask.device);
    }
    part.digest = digest.to_string();
    part.devices = rest::devices(c, county, &ask.member)?;
    part.handed_over = rest::handed_over(c, county, &ask.member)?;
    Ok(part)
}

fn delivery(row: &Row) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        seq: row.get::<_, i64>(0)? as u64,
        id: ChangeId::from_bytes(row.get(6)?),
        person: row.get::<_, Option<[u8; 16]>>(1)?.map(PersonId::from_bytes),
        object: row.get(4)?,
        stamp: Stamp(row.get::<_, i64>(2)? as u64),
        body: row.get(3)?,
    })
}
