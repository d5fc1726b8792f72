//! The rows that a decided page brings, each kind in one statement.

use super::transaction::Tx;
use super::{rest, text};
use crate::db::{DbError, NOBODY, Result};
use crate::decide::{Accepted, Author, Decided};
use crypto::digest::RecordDigest;
use domain::caseload::PERSON_OBJECTS;
use domain::codes::CodeList;
use domain::{DeviceId, Millis, PersonId, UserId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use sync::wire::HandOverKind;
use uuid::Uuid;

/// The log.
pub(super) async fn changes(tx: &Tx, received: Millis, accepted: &[Accepted]) -> Result<()> {
    if accepted.is_empty() {
        return Ok(());
    }
    let each = |id: fn(&Accepted) -> Uuid| accepted.iter().map(id).collect::<Vec<_>>();
    let number = |number: fn(&Accepted) -> i64| accepted.iter().map(number).collect::<Vec<_>>();
    let kinds: Vec<_> = accepted.iter().map(|kept| text(kept.change.kind.code())).collect();
    let ops: Vec<_> = accepted.iter().map(|kept| kept.change.op.code()).collect();
    let people: Vec<_> = accepted.iter().map(|kept| kept.change.person.map(|person| person.0)).collect();
    let bodies: Vec<_> = accepted.iter().map(|kept| kept.raw.as_str()).collect();
    let kept = tx
        .execute(
            "insert into change (county, id, seq, record, kind, op, person, object, device, author, stamp_raw, stamp,
               received, body)
             select $1, n.id, n.seq, n.record, n.kind, n.op, n.person, n.object, n.device, n.author, n.stamp_raw,
               n.stamp, $2, n.body
             from unnest($3::uuid[], $4::bigint[], $5::uuid[], $6::text[], $7::text[], $8::uuid[], $9::bigint[],
               $10::uuid[], $11::uuid[], $12::bigint[], $13::bigint[], $14::text[])
               as n (id, seq, record, kind, op, person, object, device, author, stamp_raw, stamp, body)
             on conflict (county, id) do nothing",
            &[
                &tx.county.0,
                &received.0,
                &each(|kept| kept.change.id.0),
                &number(|kept| kept.seq as i64),
                &each(|kept| kept.change.record.0),
                &kinds,
                &ops,
                &people,
                &number(|kept| i64::from(kept.object)),
                &each(|kept| kept.change.device.0),
                &each(|kept| kept.change.author.0),
                &number(|kept| kept.change.stamp.0.min(i64::MAX as u64) as i64),
                &number(|kept| kept.stamp.0 as i64),
                &bodies,
            ],
        )
        .await?;
    // Known ids were left out when the page was decided, under the same lock. One that is there all the same would
    // leave a gap in the numbers.
    if kept == accepted.len() as u64 { Ok(()) } else { Err(DbError::Unreadable) }
}

/// Refusals repeat: the same device gets the same answer for the same change.
pub(super) async fn refusals(tx: &Tx, author: &Author, received: Millis, decided: &Decided) -> Result<()> {
    if decided.refused.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = decided.refused.keys().map(|id| id.0).collect();
    let codes: Vec<_> = decided.refused.values().map(|refusal| text(&refusal.code)).collect();
    let fields: Vec<_> = decided.refused.values().map(|refusal| text(&refusal.field)).collect();
    tx.execute(
        "insert into refusal (county, device, id, code, field, refused)
         select $1, $2, n.id, n.code, n.field, $3
         from unnest($4::uuid[], $5::text[], $6::text[]) as n (id, code, field)
         on conflict do nothing",
        &[&tx.county.0, &author.device().0, &received.0, &ids, &codes, &fields],
    )
    .await?;
    Ok(())
}

/// Work for the quarantine.
pub(super) async fn hand_overs(tx: &Tx, author: &Author, received: Millis, decided: &Decided) -> Result<()> {
    for work in &decided.handed_over {
        let what = match work.what {
            HandOverKind::Refused => "refused",
            HandOverKind::Draft => "draft",
        };
        tx.execute(
            "insert into quarantine (county, device, id, person, author, what, code, received, body)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
            &[
                &tx.county.0,
                &author.device().0,
                &work.id.0,
                &work.person.0,
                &author.user().0,
                &what,
                &work.code.as_deref().map(text),
                &received.0,
                &work.body.get(),
            ],
        )
        .await?;
    }
    Ok(())
}

/// Notes what the author has taken care of, as far as they see it; whom it was about. The first time counts.
pub(super) async fn settled(
    tx: &Tx,
    author: &Author,
    received: Millis,
    decided: &Decided,
) -> Result<BTreeSet<PersonId>> {
    let Author::Device { member, .. } = author else { return Ok(BTreeSet::new()) };
    if decided.settled.is_empty() {
        return Ok(BTreeSet::new());
    }
    let ids: Vec<Uuid> = decided.settled.iter().map(|(_, id)| id.0).collect();
    let devices: Vec<Option<Uuid>> =
        decided.settled.iter().map(|(device, _)| device.map(|one| one.0)).collect();
    // Who does not say which device means all work of this id.
    let sql =
        "select q.id, q.person, q.author, q.device from unnest($2::uuid[], $3::uuid[]) as n (id, device)
         join quarantine q on q.county = $1 and q.id = n.id and (n.device is null or q.device = n.device)";
    let found = tx.query(sql, &[&tx.county.0, &ids, &devices]).await?;
    let work = |row: &tokio_postgres::Row| (PersonId(row.get(1)), UserId(row.get(2)));
    let sees = rest::sees_work(tx, member, found.iter().map(work).collect()).await?;
    let theirs = found.iter().filter(|row| sees.contains(&work(row)));
    let (ids, devices): (Vec<Uuid>, Vec<Uuid>) =
        theirs.map(|row| (row.get::<_, Uuid>(0), row.get::<_, Uuid>(3))).unzip();
    tx.execute(
        "update quarantine q set settled_by = $4, settled_at = $5
         from unnest($2::uuid[], $3::uuid[]) as n (id, device)
         where q.county = $1 and q.id = n.id and q.device = n.device and q.settled_at is null",
        &[&tx.county.0, &ids, &devices, &member.user.0, &received.0],
    )
    .await?;
    Ok(sees.into_iter().map(|(person, _)| person).collect())
}

/// Adds each accepted change to its sum.
pub(super) async fn digests(tx: &Tx, accepted: &[Accepted]) -> Result<()> {
    if accepted.is_empty() {
        return Ok(());
    }
    let mut sums: BTreeMap<(Uuid, i64), (RecordDigest, i64)> = BTreeMap::new();
    for kept in accepted {
        let person = kept.change.person.map_or(Uuid::from_bytes(NOBODY), |person| person.0);
        let (sum, count) = sums.entry((person, i64::from(kept.object))).or_default();
        *sum += RecordDigest::entry(kept.change.id.bytes(), kept.stamp.0);
        *count += 1;
    }
    let people: BTreeSet<Uuid> = sums.keys().map(|(person, _)| *person).collect();
    let people: Vec<Uuid> = people.into_iter().collect();
    let old = "select person, object, sum from digest where county = $1 and person = any($2)";
    let mut before: HashMap<(Uuid, i64), RecordDigest> = HashMap::new();
    for row in tx.query(old, &[&tx.county.0, &people]).await? {
        before.insert((row.get(0), row.get(1)), digest(row.get(2))?);
    }
    let (mut people, mut objects, mut new, mut counts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ((person, object), (sum, count)) in sums {
        let before = before.get(&(person, object)).copied().unwrap_or(RecordDigest::ZERO);
        people.push(person);
        objects.push(object);
        new.push((before + sum).as_bytes().to_vec());
        counts.push(count);
    }
    tx.execute(
        "insert into digest (county, person, object, sum, count)
         select $1, n.person, n.object, n.sum, n.count
         from unnest($2::uuid[], $3::bigint[], $4::bytea[], $5::bigint[]) as n (person, object, sum, count)
         on conflict (county, person, object) do update set sum = excluded.sum,
           count = digest.count + excluded.count",
        &[&tx.county.0, &people, &objects, &new, &counts],
    )
    .await?;
    Ok(())
}

/// A device holds what it made itself: all of it, as far as the county knows. When its user has had another role since
/// the device last heard of it, what they may not see any more leaves it as anything else does.
pub(super) async fn made(tx: &Tx, device: DeviceId, made: &BTreeSet<PersonId>) -> Result<()> {
    if made.is_empty() {
        return Ok(());
    }
    let people: Vec<Uuid> = made.iter().map(|person| person.0).collect();
    tx.execute(
        "insert into told (county, device, person, objects, leaving, pull)
         select $1, $2, n.person, $3, 0, 0 from unnest($4::uuid[]) as n (person)
         on conflict do nothing",
        &[&tx.county.0, &device.0, &i64::from(PERSON_OBJECTS), &people],
    )
    .await?;
    Ok(())
}

/// A sum as it is kept.
pub(super) fn digest(bytes: &[u8]) -> Result<RecordDigest> {
    bytes.try_into().map(RecordDigest::from_bytes).map_err(|_| DbError::Unreadable)
}
