//! Reads what a pull brings, frame by frame. Whether a person is still in the reader's caseload is judged here, as
//! the frame is built.

use super::transaction::{Param, Tx};
use super::{caseload, ids, rest, settled, told};
use crate::db::frame::{self, FRAME_CHANGES, Room};
use crate::db::settled::Settled;
use crate::db::{Delivery, FeedAsk, FeedPart, HistoryAsk, HistoryPart, LastPart, Result};
use domain::{ChangeId, PersonId, Stamp};
use std::collections::{BTreeSet, HashMap};
use tokio_postgres::Row;
use uuid::Uuid;

const COLUMNS: &str = "seq, person, stamp, body, object, device, id";
/// So many people are looked at in one question …
const PEOPLE: usize = 50;
/// … and about so many of their changes: usual ones fill a frame.
const TOGETHER: i64 = 300;
/// So many numbers of the feed are looked at in one question.
const ALONG: usize = 4 * FRAME_CHANGES;

/// The county's own records in a range.
pub(super) async fn county_records(tx: &Tx, from: u64, to: u64) -> Result<Vec<Delivery>> {
    let sql = format!(
        "select {COLUMNS} from change where county = $1 and person is null and seq > $2 and seq <= $3 order by seq"
    );
    let rows = tx.query(&sql, &[&tx.county.0, &(from as i64), &number(to)]).await?;
    Ok(rows.iter().map(delivery).collect())
}

/// Histories, as many as fit: several people in one question, in the order asked for.
pub(super) async fn histories(tx: &Tx, ask: &HistoryAsk) -> Result<HistoryPart> {
    let (mut part, mut room) = (HistoryPart::default(), Room::default());
    let mut at = ask.at;
    let mut rest = &ask.entering[..];
    while !rest.is_empty() && !room.full() {
        let people = together(tx, rest).await?;
        let sees = caseload::sees(tx, &ask.member, people.iter().map(|(person, _)| *person)).await?;
        let reads = |(person, objects): &(PersonId, u32)| objects & sees.get(person).copied().unwrap_or(0);
        let mut rows =
            read_histories(tx, people, &people.iter().map(reads).collect::<Vec<_>>(), (at, ask.to), &room)
                .await?
                .into_iter()
                .peekable();
        for (place, entering) in people.iter().enumerate() {
            // Past a full frame nothing was read, so nothing is known of whoever comes next.
            if room.full() {
                return Ok(part);
            }
            let (person, objects) = (entering.0, reads(entering));
            if entering.1 & !objects != 0 {
                part.missed.insert(person);
            }
            let (mut deliveries, mut goes_on) = (Vec::new(), None);
            while let Some(row) = rows.next_if(|row| row.place == place as i64 + 1) {
                room.take(&row.delivery.body);
                goes_on = row.goes_on.then_some(row.delivery.seq);
                deliveries.push(row.delivery);
            }
            if objects != 0 {
                part.people.push((person, objects, at > 0, deliveries));
                if let Some(upto) = goes_on {
                    part.at = upto;
                    return Ok(part);
                }
                part.complete.push(person);
            }
            part.passed += 1;
            at = 0;
        }
        rest = &rest[people.len()..];
    }
    Ok(part)
}

/// From the front of those who enter, as many as fill about a frame, and at least one: who they are does not say how
/// long their histories are, and what is read beyond the frame is read in vain.
async fn together<'a>(tx: &Tx, entering: &'a [(PersonId, u32)]) -> Result<&'a [(PersonId, u32)]> {
    let next = &entering[..entering.len().min(PEOPLE)];
    let people = ids(next.iter(), |(person, _)| person.0);
    let sql = "select person, sum(count)::bigint from digest where county = $1 and person = any($2) group by person";
    let rows = tx.query(sql, &[&tx.county.0, &people]).await?;
    let counts: HashMap<PersonId, i64> = rows.iter().map(|row| (PersonId(row.get(0)), row.get(1))).collect();
    let mut all = 0;
    let fits = next.iter().take_while(|(person, _)| {
        let before = all;
        all += counts.get(person).copied().unwrap_or(0);
        before < TOGETHER
    });
    Ok(&next[..fits.count().max(1)])
}

/// A change of a history.
struct HistoryRow {
    /// Whose: the place among those asked for, from 1 on.
    place: i64,
    delivery: Delivery,
    /// Whether more of the same history follows.
    goes_on: bool,
}

/// The histories of some people, one after the other, as far as they go into what is left of a frame. The first goes on
/// at `at`; of each the objects that are read.
async fn read_histories(
    tx: &Tx,
    people: &[(PersonId, u32)],
    reads: &[u32],
    (at, to): (u64, u64),
    room: &Room,
) -> Result<Vec<HistoryRow>> {
    let people = ids(people.iter(), |(person, _)| person.0);
    let reads: Vec<i64> = reads.iter().map(|objects| i64::from(*objects)).collect();
    let (changes, bytes) = room.left();
    let sql = "select f.seq, f.person, f.stamp, f.body, f.object, f.device, f.id, f.place, f.goes_on from (
           select c.*, p.place, coalesce(lead(p.place) over frame = p.place, false) as goes_on,
             sum(octet_length(c.body)) over frame - octet_length(c.body) as before
           from unnest($2::uuid[], $3::bigint[]) with ordinality as p (person, reads, place)
           cross join lateral (
             select seq, person, stamp, body, object, device, id from change
             where county = $1 and person = p.person and seq <= $4
               and seq > case when p.place = 1 then $5::bigint else 0 end
               and (p.reads >> object::integer) & 1 = 1
             order by seq limit $6::bigint + 1
           ) c
           window frame as (order by p.place, c.seq)
         ) f where f.before < $7::bigint order by f.place, f.seq limit $6";
    let params: [Param<'_>; 7] =
        [&tx.county.0, &people, &reads, &number(to), &number(at), &(changes as i64), &(bytes as i64)];
    let row = |row: &Row| HistoryRow { place: row.get(7), goes_on: row.get(8), delivery: delivery(row) };
    Ok(tx.query(sql, &params).await?.iter().map(row).collect())
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
    Ok(tx.query(&sql, &params).await?.iter().map(delivery).collect())
}

/// What is new, as much as fits a frame.
pub(super) async fn feed(tx: &Tx, ask: &FeedAsk) -> Result<FeedPart> {
    if frame::along_the_feed(ask.to.saturating_sub(ask.from), ask.held.len()) {
        along(tx, ask).await
    } else {
        by_person(tx, ask).await
    }
}

/// Few changes: looks along the feed and picks.
async fn along(tx: &Tx, ask: &FeedAsk) -> Result<FeedPart> {
    let sql = "select seq, person, object from change
         where county = $1 and seq > $2 and seq <= $3 and device <> $4 order by seq limit $5";
    let range: [Param<'_>; 5] =
        [&tx.county.0, &number(ask.from), &number(ask.to), &ask.device.0, &(ALONG as i64)];
    let found = tx.query(sql, &range).await?;
    let whole = found.len() < ALONG;
    pick(tx, ask, &found, whole).await
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
    pick(tx, ask, &found, whole).await
}

/// Of changes that were found by number, those that the device may read, as far as they go into a frame. Only their
/// texts are read. `whole`: nothing of the range is beyond them.
async fn pick(tx: &Tx, ask: &FeedAsk, found: &[Row], whole: bool) -> Result<FeedPart> {
    let person = |row: &Row| row.get::<_, Option<Uuid>>(1).map(PersonId);
    let people: BTreeSet<PersonId> = found.iter().filter_map(person).collect();
    let held = people.into_iter().filter(|person| ask.held.contains_key(person));
    let sees = caseload::sees(tx, &ask.member, held).await?;
    let takes = |row: &Row, missed: &mut dyn FnMut(PersonId)| match person(row) {
        None => true,
        Some(person) => {
            let held = ask.held.get(&person).copied().unwrap_or(0);
            let sees = sees.get(&person).copied().unwrap_or(0);
            frame::takes(held, sees, row.get::<_, i64>(2) as u8, || missed(person))
        }
    };
    let wanted = found.iter().filter(|row| takes(row, &mut |_| ()));
    let wanted: Vec<i64> = wanted.map(|row| row.get(0)).collect();
    let mut part = fill(tx, ask, &wanted).await?;
    let all = part.changes.len() == wanted.len();
    if all {
        let last = found.last().map(|row| row.get::<_, i64>(0) as u64);
        part.upto = last.filter(|_| !whole).unwrap_or(ask.to);
    }
    for row in found.iter().filter(|row| row.get::<_, i64>(0) as u64 <= part.upto) {
        takes(row, &mut |person| {
            part.missed.insert(person);
        });
    }
    Ok(part)
}

/// The changes of these numbers, as far as they go into a frame.
async fn fill(tx: &Tx, ask: &FeedAsk, numbers: &[i64]) -> Result<FeedPart> {
    let (mut part, mut room) = (FeedPart { upto: ask.from, ..FeedPart::default() }, Room::default());
    let sql = format!("select {COLUMNS} from change where county = $1 and seq = any($2) order by seq");
    for numbers in numbers.chunks(TOGETHER as usize) {
        for row in tx.query(&sql, &[&tx.county.0, &numbers]).await? {
            if room.full() {
                return Ok(part);
            }
            let delivery = delivery(&row);
            part.upto = delivery.seq;
            room.take(&delivery.body);
            part.changes.push(delivery);
        }
    }
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

pub(super) fn delivery(row: &Row) -> Delivery {
    Delivery {
        seq: row.get::<_, i64>(0) as u64,
        id: ChangeId(row.get(6)),
        person: row.get::<_, Option<Uuid>>(1).map(PersonId),
        object: row.get::<_, i64>(4) as u8,
        stamp: Stamp(row.get::<_, i64>(2) as u64),
        body: row.get(3),
    }
}

/// Numbers beyond what the database counts to are as good as its last.
fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
