//! Reads what a pull brings, frame by frame. Whether a person is still in the reader's caseload is judged here, as
//! the frame is built.

use super::transaction::{Param, Tx};
use super::{caseload, ids, rest, settled, told};
use crate::db::frame::{self, FRAME_CHANGES, Room};
use crate::db::settled::Settled;
use crate::db::{Delivery, FeedAsk, FeedPart, HistoryAsk, HistoryPart, LastPart, Result};
use domain::{ChangeId, PersonId, Stamp};
use futures_util::TryStreamExt;
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

const COLUMNS: &str = "seq, person, stamp, body, object, device, id";
/// So many people's histories are looked at in one question.
const PEOPLE: usize = 50;

/// The county's own records in a range.
pub(super) async fn county_records(tx: &Tx, from: u64, to: u64) -> Result<Vec<Delivery>> {
    let sql = format!(
        "select {COLUMNS} from change where county = $1 and person is null and seq > $2 and seq <= $3 order by seq"
    );
    let rows = tx.query(&sql, &[&tx.county.0, &(from as i64), &number(to)]).await?;
    Ok(rows.iter().map(|row| delivery(row).0).collect())
}

/// Histories, as many as fit: several people in one question, in the order asked for.
pub(super) async fn histories(tx: &Tx, ask: &HistoryAsk) -> Result<HistoryPart> {
    let (mut part, mut room) = (HistoryPart::default(), Room::default());
    let mut at = ask.at;
    for people in ask.entering.chunks(PEOPLE) {
        let sees = caseload::sees(tx, &ask.member, people.iter().map(|(person, _)| *person)).await?;
        let read = read_histories(tx, ask, people, at).await?;
        futures_util::pin_mut!(read);
        let mut next: Option<(i64, Delivery, u8)> = read.try_next().await?;
        for (place, (person, objects)) in people.iter().enumerate() {
            if room.full() {
                return Ok(part);
            }
            let sees = sees.get(person).copied().unwrap_or(0);
            if objects & !sees != 0 {
                part.missed.insert(*person);
            }
            let objects = objects & sees;
            let (mut deliveries, mut upto) = (Vec::new(), at);
            while let Some((_, delivery, object)) = next.take_if(|(of, ..)| *of == place as i64 + 1) {
                next = read.try_next().await?;
                if objects == 0 {
                    continue;
                }
                if room.full() {
                    part.people.push((*person, objects, at > 0, deliveries));
                    part.at = upto;
                    return Ok(part);
                }
                upto = delivery.seq;
                if objects & (1 << object) != 0 {
                    room.take(&delivery.body);
                    deliveries.push(delivery);
                }
            }
            if objects != 0 {
                part.people.push((*person, objects, at > 0, deliveries));
                part.complete.push(*person);
            }
            part.passed += 1;
            at = 0;
        }
    }
    Ok(part)
}

/// The histories of some people, one after the other: the place of each, and their changes. The first goes on at `at`.
async fn read_histories(
    tx: &Tx,
    ask: &HistoryAsk,
    people: &[(PersonId, u32)],
    at: u64,
) -> Result<impl futures_util::Stream<Item = Result<(i64, Delivery, u8)>>> {
    let people = ids(people.iter(), |(person, _)| person.0);
    let sql = "select c.seq, c.person, c.stamp, c.body, c.object, c.device, c.id, p.place
         from unnest($2::uuid[]) with ordinality as p (person, place)
         cross join lateral (
           select seq, person, stamp, body, object, device, id from change
           where county = $1 and person = p.person and seq <= $3
             and seq > case when p.place = 1 then $4::bigint else 0 end
           order by seq
         ) c
         order by p.place, c.seq";
    let (to, at) = (number(ask.to), number(at));
    let params: [Param<'_>; 4] = [&tx.county.0, &people, &to, &at];
    let rows = tx.stream(sql, &params).await?;
    Ok(rows.map_err(Into::into).map_ok(|row| {
        let (delivery, object) = delivery(&row);
        (row.get(7), delivery, object)
    }))
}

/// At most `limit` of a person's changes after a number, of the objects in `reads`.
pub(super) async fn of_person(
    tx: &Tx,
    person: PersonId,
    after: u64,
    reads: u32,
    limit: u32,
) -> Result<Vec<Delivery>> {
    let sql = format!(
        "select {COLUMNS} from change where county = $1 and person = $2 and seq > $3
           and ($4::bigint >> object::integer) & 1 = 1 order by seq limit $5"
    );
    let params: [Param<'_>; 5] =
        [&tx.county.0, &person.0, &number(after), &i64::from(reads), &i64::from(limit)];
    Ok(tx.query(&sql, &params).await?.iter().map(|row| delivery(row).0).collect())
}

/// What is new, as much as fits a frame.
pub(super) async fn feed(tx: &Tx, ask: &FeedAsk) -> Result<FeedPart> {
    if frame::along_the_feed(ask) { along(tx, ask).await } else { by_person(tx, ask).await }
}

/// Few changes: reads along the feed and picks.
async fn along(tx: &Tx, ask: &FeedAsk) -> Result<FeedPart> {
    let sql = format!(
        "select {COLUMNS} from change where county = $1 and seq > $2 and seq <= $3 and device <> $4 order by seq"
    );
    let range: [Param<'_>; 4] = [&tx.county.0, &number(ask.from), &number(ask.to), &ask.device.0];
    let theirs =
        "select distinct person from change where county = $1 and seq > $2 and seq <= $3 and device <> $4
         and person is not null";
    let people = tx.query(theirs, &range).await?;
    let people = people.iter().map(|row| PersonId(row.get(0))).filter(|person| ask.held.contains_key(person));
    let sees = caseload::sees(tx, &ask.member, people).await?;
    let rows = tx.stream(&sql, &range).await?;
    futures_util::pin_mut!(rows);
    let (mut part, mut room) = (FeedPart { upto: ask.from, ..FeedPart::default() }, Room::default());
    while let Some(row) = rows.try_next().await? {
        if room.full() {
            return Ok(part);
        }
        part.upto = row.get::<_, i64>(0) as u64;
        let reads = match row.get::<_, Option<Uuid>>(1).map(PersonId) {
            None => true,
            Some(person) => {
                let held = ask.held.get(&person).copied().unwrap_or(0);
                let sees = sees.get(&person).copied().unwrap_or(0);
                let missed = || {
                    part.missed.insert(person);
                };
                frame::takes(held, sees, row.get::<_, i64>(4) as u8, missed)
            }
        };
        if reads {
            let (delivery, _) = delivery(&row);
            room.take(&delivery.body);
            part.changes.push(delivery);
        }
    }
    part.upto = ask.to;
    Ok(part)
}

/// Many changes, of which few are theirs: looks at each person held. What is found is cut to a frame by number, so
/// that the token can say how far it goes.
async fn by_person(tx: &Tx, ask: &FeedAsk) -> Result<FeedPart> {
    let people = ids(ask.held.keys(), |person| person.0);
    let most = FRAME_CHANGES as i64;
    let found = tx
        .query(
            "select f.seq, f.person, f.object from (
               select c.seq, c.person, c.object from unnest($2::uuid[]) p (person) cross join lateral (
                 select seq, person, object from change where county = $1 and person = p.person
                   and seq > $3 and seq <= $4 and device <> $5 order by seq limit $6
               ) c
               union all
               (select seq, person, object from change where county = $1 and person is null
                  and seq > $3 and seq <= $4 and device <> $5 order by seq limit $6)
             ) f order by f.seq limit $6",
            &[&tx.county.0, &people, &number(ask.from), &number(ask.to), &ask.device.0, &most],
        )
        .await?;
    let whole = found.len() < FRAME_CHANGES;
    let seen: HashMap<i64, (Option<PersonId>, u8)> = found
        .iter()
        .map(|row| (row.get(0), (row.get::<_, Option<Uuid>>(1).map(PersonId), row.get::<_, i64>(2) as u8)))
        .collect();
    let sees = caseload::sees(tx, &ask.member, seen.values().filter_map(|(person, _)| *person)).await?;
    let (mut part, mut room) = (FeedPart { upto: ask.from, ..FeedPart::default() }, Room::default());
    let mut reads = |seq: i64| match seen.get(&seq) {
        Some((None, _)) => true,
        Some((Some(person), object)) => {
            let held = ask.held.get(person).copied().unwrap_or(0);
            let missed = || {
                part.missed.insert(*person);
            };
            frame::takes(held, sees.get(person).copied().unwrap_or(0), *object, missed)
        }
        None => false,
    };
    let numbers: Vec<i64> = found.iter().map(|row| row.get(0)).collect();
    let wanted: Vec<i64> = numbers.iter().copied().filter(|seq| reads(*seq)).collect();
    let sql = format!("select {COLUMNS} from change where county = $1 and seq = any($2) order by seq");
    let rows = tx.stream(&sql, &[&tx.county.0, &wanted]).await?;
    futures_util::pin_mut!(rows);
    while let Some(row) = rows.try_next().await? {
        if room.full() {
            return Ok(part);
        }
        let (delivery, _) = delivery(&row);
        part.upto = delivery.seq;
        room.take(&delivery.body);
        part.changes.push(delivery);
    }
    part.upto = if whole { ask.to } else { numbers.last().map_or(ask.to, |last| *last as u64) };
    Ok(part)
}

/// The last frame: what came after the plan, the digest over everything that the device should hold, and whether the
/// caseload has changed meanwhile.
pub(super) async fn last(tx: &Tx, ask: &FeedAsk, settled: &Settled) -> Result<LastPart> {
    let here = super::county(tx).await?;
    let (seq, mark) = (here.seq, (here.epoch, here.seq));
    let mut part = LastPart { seq, ..LastPart::default() };
    let mut from = ask.from;
    while from < seq {
        let found = feed(tx, &FeedAsk { from, to: seq, ..ask.clone() }).await?;
        part.changes.extend(found.changes);
        part.missed.extend(found.missed);
        from = found.upto;
    }
    let digest = match settled::digest(settled, tx, ask, mark).await? {
        Some(digest) => digest,
        None => {
            let now = caseload::now(tx, &ask.member).await?;
            part.more = frame::changed_meanwhile(ask, &now, &told::rows(tx, ask.device).await?);
            let both = |(person, held): (&PersonId, &u32)| (*person, held & now.get(person).unwrap_or(&0));
            settled::of_everybody(tx, &ask.held.iter().map(both).collect()).await?
        }
    };
    if !part.more && ask.leaves.is_empty() {
        settled.keep(ask, mark, digest);
    }
    part.digest = digest.to_string();
    part.devices = rest::devices(tx, &ask.member).await?;
    part.handed_over = rest::handed_over(tx, &ask.member).await?;
    Ok(part)
}

pub(super) fn delivery(row: &Row) -> (Delivery, u8) {
    let delivery = Delivery {
        seq: row.get::<_, i64>(0) as u64,
        id: ChangeId(row.get(6)),
        person: row.get::<_, Option<Uuid>>(1).map(PersonId),
        stamp: Stamp(row.get::<_, i64>(2) as u64),
        body: row.get(3),
    };
    (delivery, row.get::<_, i64>(4) as u8)
}

/// Numbers beyond what the database counts to are as good as its last.
fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
