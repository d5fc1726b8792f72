//! Keeps what a page brings, in one transaction that holds the county's counter.

use super::{audit, auth, concerned, epoch, imports, known, refold, rest, told};
use crate::db::audit::of_page;
use crate::db::{NOBODY, Outcome, Result, Taken};
use crate::decide::{Accepted, Author, Decided, Needs, Page, decide};
use crypto::digest::RecordDigest;
use domain::caseload::PERSON_OBJECTS;
use domain::codes::CodeList;
use domain::{CountyId, DeviceId, Millis, PersonId, UserId};
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, BTreeSet};
use sync::wire::HandOverKind;

/// Decides and keeps a page.
pub(super) fn accept(
    c: &Connection,
    county: CountyId,
    page: Page,
    report: Option<&Taken>,
) -> Result<Outcome> {
    let needs = Needs::of(&page);
    let known = known::load(c, county, &page.author, &needs)?;
    let before = known.seq;
    let (author, received) = (page.author.clone(), page.received);
    if let Some(contact) = &page.contact {
        auth::heard(c, county, (author.device(), received), contact, None)?;
    }
    let decided = decide(page, known);
    let mut people: BTreeSet<PersonId> =
        decided.accepted.iter().filter_map(|kept| kept.change.person).collect();
    people.extend(decided.handed_over.iter().map(|work| work.person));
    people.extend(settle(c, county, &author, received, &decided)?);
    let mut concerned = concerned::by_people(c, county, people.iter().copied())?;
    keep_changes(c, county, received, &decided.accepted)?;
    keep_refusals(c, county, &author, received, &decided)?;
    audit::keep(c, county, &of_page(&author, received, &decided))?;
    keep_hand_overs(c, county, &author, received, &decided)?;
    count(c, county, &decided)?;
    add_digests(c, county, &decided.accepted)?;
    refold::touched(c, county, &decided.accepted)?;
    if let Author::Device { device, .. } = &author {
        tell_made(c, county, *device, &decided.made)?;
        if !decided.shown.is_empty() && !epoch::has_pulled(c, county, *device)? {
            told::shown(c, county, *device, &decided.shown)?;
        }
    }
    if let Some(report) = report {
        imports::keep(c, county, report)?;
    }
    let after = concerned::by_people(c, county, people)?;
    concerned.users.extend(after.users);
    if !decided.handed_over.is_empty() {
        concerned.users.extend(concerned::supervisors_of(c, county, author.user())?);
    }
    concerned.everyone = decided.accepted.iter().any(|kept| kept.change.person.is_none());
    let numbers = (decided.seq > before).then_some((before + 1, decided.seq));
    Ok(Outcome { answers: decided.answers, numbers, leaves: decided.leaves, concerned })
}

fn keep_changes(c: &Connection, county: CountyId, received: Millis, accepted: &[Accepted]) -> Result<()> {
    let mut insert = c.prepare_cached(
        "insert into change (county, id, seq, record, kind, op, person, object, device, author, stamp_raw, stamp,
         received, body) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    for Accepted { seq, stamp, object, change, raw } in accepted {
        insert.execute(rusqlite::params![
            county.bytes(),
            change.id.bytes(),
            *seq as i64,
            change.record.bytes(),
            change.kind.code(),
            change.op.code(),
            change.person.map(|person| person.bytes()),
            object,
            change.device.bytes(),
            change.author.bytes(),
            change.stamp.0.min(i64::MAX as u64) as i64,
            stamp.0 as i64,
            received.0,
            raw,
        ])?;
    }
    Ok(())
}

fn keep_refusals(
    c: &Connection,
    county: CountyId,
    author: &Author,
    received: Millis,
    decided: &Decided,
) -> Result<()> {
    let mut insert = c.prepare_cached(
        "insert into refusal (county, device, id, code, field, refused) values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict do nothing",
    )?;
    let device = author.device().bytes();
    for (id, refusal) in &decided.refused {
        insert.execute((county.bytes(), device, id.bytes(), &refusal.code, &refusal.field, received.0))?;
    }
    Ok(())
}

fn keep_hand_overs(
    c: &Connection,
    county: CountyId,
    author: &Author,
    received: Millis,
    decided: &Decided,
) -> Result<()> {
    let mut insert = c.prepare_cached(
        "insert into quarantine (county, device, id, person, author, what, code, received, body)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict do nothing",
    )?;
    for work in &decided.handed_over {
        let what = match work.what {
            HandOverKind::Refused => "refused",
            HandOverKind::Draft => "draft",
        };
        insert.execute(rusqlite::params![
            county.bytes(),
            author.device().bytes(),
            work.id.bytes(),
            work.person.bytes(),
            author.user().bytes(),
            what,
            work.code,
            received.0,
            work.body.get(),
        ])?;
    }
    Ok(())
}

/// Notes what the author has taken care of, as far as they see it; whom it was about. The first time counts.
fn settle(
    c: &Connection,
    county: CountyId,
    author: &Author,
    received: Millis,
    decided: &Decided,
) -> Result<Vec<PersonId>> {
    let Author::Device { member, .. } = author else { return Ok(Vec::new()) };
    // Who does not say which device means all work of this id.
    let mut find = c.prepare_cached(
        "select person, author, device from quarantine
         where county = ?1 and id = ?2 and (?3 is null or device = ?3)",
    )?;
    let mut note = c.prepare_cached(
        "update quarantine set settled_by = ?4, settled_at = ?5
         where county = ?1 and id = ?2 and device = ?3 and settled_at is null",
    )?;
    let mut people = Vec::new();
    for (device, id) in &decided.settled {
        let device = device.map(|device| device.bytes());
        let found = find.query_map((county.bytes(), id.bytes(), device), |row| {
            Ok((
                PersonId::from_bytes(row.get(0)?),
                UserId::from_bytes(row.get(1)?),
                row.get::<_, [u8; 16]>(2)?,
            ))
        })?;
        for (person, from, device) in found.collect::<rusqlite::Result<Vec<_>>>()? {
            if rest::sees_work(c, county, member, person, from)? {
                note.execute((county.bytes(), id.bytes(), device, member.user.bytes(), received.0))?;
                people.push(person);
            }
        }
    }
    Ok(people)
}

/// The county's last number, and the latest effective stamp of every device of which something was kept.
fn count(c: &Connection, county: CountyId, decided: &Decided) -> Result<()> {
    if decided.accepted.is_empty() {
        return Ok(());
    }
    c.prepare_cached("update county set seq = ?2 where id = ?1")?
        .execute((county.bytes(), decided.seq as i64))?;
    let mut latest: BTreeMap<DeviceId, i64> = BTreeMap::new();
    for kept in &decided.accepted {
        let stamp = latest.entry(kept.change.device).or_default();
        *stamp = (*stamp).max(kept.stamp.0 as i64);
    }
    for (device, stamp) in latest {
        if device == domain::ids::COUNTY_DEVICE {
            c.prepare_cached("update county set last_stamp = max(last_stamp, ?2) where id = ?1")?
                .execute((county.bytes(), stamp))?;
        } else {
            c.prepare_cached(
                "update device set last_stamp = max(last_stamp, ?3) where county = ?1 and device = ?2",
            )?
            .execute((county.bytes(), device.bytes(), stamp))?;
        }
    }
    Ok(())
}

/// Adds each accepted change to its sum.
fn add_digests(c: &Connection, county: CountyId, accepted: &[Accepted]) -> Result<()> {
    let mut sums: BTreeMap<([u8; 16], u8), (RecordDigest, i64)> = BTreeMap::new();
    for kept in accepted {
        let person = kept.change.person.map_or(NOBODY, |person| person.bytes());
        let (sum, count) = sums.entry((person, kept.object)).or_default();
        *sum += RecordDigest::entry(kept.change.id.bytes(), kept.stamp.0);
        *count += 1;
    }
    let mut old =
        c.prepare_cached("select sum from digest where county = ?1 and person = ?2 and object = ?3")?;
    let mut put = c.prepare_cached(
        "insert into digest (county, person, object, sum, count) values (?1, ?2, ?3, ?4, ?5)
         on conflict (county, person, object) do update set sum = excluded.sum, count = count + excluded.count",
    )?;
    for ((person, object), (sum, count)) in sums {
        let before = old.query_row((county.bytes(), person, object), |row| row.get::<_, [u8; 16]>(0));
        let before = before.optional()?.map_or(RecordDigest::ZERO, RecordDigest::from_bytes);
        put.execute((county.bytes(), person, object, (before + sum).as_bytes(), count))?;
    }
    Ok(())
}

/// A device holds what it made itself: all of it, as far as the county knows. When its user has had another role since
/// the device last heard of it, what they may not see any more leaves it as anything else does.
fn tell_made(c: &Connection, county: CountyId, device: DeviceId, made: &BTreeSet<PersonId>) -> Result<()> {
    let mut insert = c.prepare_cached(
        "insert into told (county, device, person, objects, leaving, pull) values (?1, ?2, ?3, ?4, 0, 0)
         on conflict do nothing",
    )?;
    for person in made {
        insert.execute((county.bytes(), device.bytes(), person.bytes(), PERSON_OBJECTS))?;
    }
    Ok(())
}
