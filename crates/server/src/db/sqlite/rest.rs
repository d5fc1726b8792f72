//! Reads for REST and for the supervisor's last frame.

use super::{auth, caseload, feed};
use crate::db::seen::Piece;
use crate::db::{Delivery, HandedWork, PersonRow, Result, seen};
use crate::decide::takes_care;
use domain::caseload::Member;
use domain::codes::CodeList;
use domain::policy::Object;
use domain::{ChangeId, CountyId, DeviceId, Millis, PersonId, RecordKind, Stamp, TeamId, UserId};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Bound;
use sync::wire::{DeviceSeen, HandOverKind, HandedOver, Settled};

/// People of a caseload, by id.
pub(super) fn people(
    c: &Connection,
    county: CountyId,
    member: &Member,
    after: Option<PersonId>,
    limit: u32,
) -> Result<Vec<PersonRow>> {
    let now = caseload::now(c, county, member)?;
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut rows = Vec::new();
    for (person, objects) in now.range((from, Bound::Unbounded)).take(limit as usize) {
        let identity = if objects & Object::PersonIdentity.bit() != 0 {
            identity(c, county, *person)?
        } else {
            Vec::new()
        };
        rows.push(PersonRow { person: *person, objects: *objects, identity });
    }
    Ok(rows)
}

fn identity(c: &Connection, county: CountyId, person: PersonId) -> Result<Vec<Delivery>> {
    let mut statement = c.prepare_cached(
        "select seq, stamp, body, id from change indexed by change_person
         where county = ?1 and person = ?2 and kind = ?3 order by seq",
    )?;
    let rows = statement.query_map((county.bytes(), person.bytes(), RecordKind::Person.code()), |row| {
        Ok(Delivery {
            seq: row.get::<_, i64>(0)? as u64,
            person: Some(person),
            object: Object::PersonIdentity as u8,
            stamp: Stamp(row.get::<_, i64>(1)? as u64),
            body: row.get(2)?,
            id: domain::ChangeId::from_bytes(row.get(3)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What a member may see of a person, oldest first; `None` when the person is not theirs.
pub(super) fn changes_of(
    c: &Connection,
    county: CountyId,
    member: &Member,
    person: PersonId,
    (after, limit): (u64, u32),
) -> Result<Option<Vec<Delivery>>> {
    let objects = caseload::sees(c, county, member, person)?;
    if objects == 0 {
        return Ok(None);
    }
    let all = (after, i64::MAX as u64);
    feed::of_person(c, county, Some(person), all, objects, limit as usize).map(Some)
}

/// The devices that a member may know of, as last heard of; `None` when they may see only their own.
pub(super) fn devices(c: &Connection, county: CountyId, member: &Member) -> Result<Option<Vec<DeviceSeen>>> {
    if !seen::sees_devices(member) {
        return Ok(None);
    }
    Ok(seen::devices(member, auth::devices(c, county)?))
}

/// Work in quarantine that a supervisor sees; `None` for everybody else.
///
/// It is work about the people of their team, and work by their team about somebody whom the county does not know.
pub(super) fn handed_over(c: &Connection, county: CountyId, member: &Member) -> Result<Option<HandedWork>> {
    if !takes_care(member) {
        return Ok(None);
    }
    // Those of the team: the limit is for what they can see, not for what the county has.
    let Some(team) = member.team else { return Ok(Some(HandedWork::default())) };
    // Much of it is about the same people.
    let mut known: HashMap<(PersonId, UserId), bool> = HashMap::new();
    let mut sees = |pieces: Vec<Piece>| -> Result<Vec<Piece>> {
        let mut theirs = Vec::new();
        for piece in pieces {
            let seen = match known.entry((piece.person, piece.author)) {
                Entry::Occupied(seen) => *seen.get(),
                Entry::Vacant(new) => *new.insert(sees_work(c, county, member, piece.person, piece.author)?),
            };
            if seen {
                theirs.push(piece);
            }
        }
        Ok(theirs)
    };
    let waiting =
        sees(pieces(c, county, team, "settled_at is null order by received, device, id", i64::MAX)?)?;
    let last = "settled_at is not null order by settled_at desc";
    let settled = sees(pieces(c, county, team, last, i64::from(seen::SETTLED))?)?;
    let mut shown = Vec::new();
    for key in seen::fits(&waiting, &settled) {
        shown.extend(work(c, county, key)?);
    }
    Ok(Some(HandedWork { shown, waiting: u32::try_from(waiting.len()).unwrap_or(u32::MAX) }))
}

fn pieces(
    c: &Connection,
    county: CountyId,
    team: TeamId,
    which: &'static str,
    limit: i64,
) -> Result<Vec<Piece>> {
    let mut statement = c.prepare_cached(&format!(
        "select device, id, person, author, octet_length(body) from quarantine q
         where county = ?1
           and (person in (select person from caseload where county = ?1 and team = ?2)
             or author in (select user from member where county = ?1 and team = ?2)
               and not exists (select 1 from caseload k where k.county = ?1 and k.person = q.person))
           and {which} limit ?3"
    ))?;
    let rows = statement.query_map((county.bytes(), team.bytes(), limit), |row| {
        Ok(Piece {
            device: DeviceId::from_bytes(row.get(0)?),
            id: ChangeId::from_bytes(row.get(1)?),
            person: PersonId::from_bytes(row.get(2)?),
            author: UserId::from_bytes(row.get(3)?),
            bytes: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn work(c: &Connection, county: CountyId, (device, id): (DeviceId, ChangeId)) -> Result<Option<HandedOver>> {
    let mut statement = c.prepare_cached(
        "select person, author, what, code, received, body, settled_by, settled_at from quarantine
         where county = ?1 and device = ?2 and id = ?3",
    )?;
    let found = statement.query_row((county.bytes(), device.bytes(), id.bytes()), |row| {
        let what: String = row.get(2)?;
        let body: String = row.get(5)?;
        let by: Option<[u8; 16]> = row.get(6)?;
        let at: Option<i64> = row.get(7)?;
        Ok(HandedOver {
            id,
            device: Some(device),
            person: PersonId::from_bytes(row.get(0)?),
            author: UserId::from_bytes(row.get(1)?),
            what: if what == "draft" { HandOverKind::Draft } else { HandOverKind::Refused },
            code: row.get(3)?,
            received: Millis(row.get(4)?),
            body: serde_json::from_str(&body).ok(),
            settled: by.zip(at).map(|(by, at)| Settled { by: UserId::from_bytes(by), at: Millis(at) }),
        })
    });
    Ok(found.optional()?)
}

/// Whether a supervisor sees work of this author about this person.
pub(super) fn sees_work(
    c: &Connection,
    county: CountyId,
    member: &Member,
    person: PersonId,
    author: UserId,
) -> Result<bool> {
    let carried = caseload::carried(c, county, person)?;
    if !carried.is_empty() {
        return Ok(member.sees(member.nearness(&carried)) != 0);
    }
    let mut statement = c.prepare_cached("select team from member where county = ?1 and user = ?2")?;
    let team = statement.query_row((county.bytes(), author.bytes()), |row| row.get::<_, Option<[u8; 16]>>(0));
    let team = team.optional()?.flatten().map(TeamId::from_bytes);
    Ok(member.team.is_some() && member.team == team)
}
