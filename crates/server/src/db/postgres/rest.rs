//! Reads for REST and for the supervisor's last frame.

use super::transaction::Tx;
use super::{auth, caseload, feed, ids};
use crate::db::{Delivery, PersonRow, Result, seen};
use domain::caseload::Member;
use domain::policy::Object;
use domain::{ChangeId, Millis, PersonId, Stamp, UserId};
use std::collections::HashMap;
use std::ops::Bound;
use sync::wire::{DeviceSeen, HandOverKind, HandedOver};

/// People of a caseload, by id.
pub(super) async fn people(
    tx: &Tx,
    member: &Member,
    after: Option<PersonId>,
    limit: u32,
) -> Result<Vec<PersonRow>> {
    let now = caseload::now(tx, member).await?;
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let page: Vec<_> = now.range((from, Bound::Unbounded)).take(limit as usize).collect();
    let named = page.iter().filter(|(_, objects)| *objects & Object::PersonIdentity.bit() != 0);
    let named = ids(named, |(person, _)| person.0);
    let sql = "select person, seq, stamp, body from change where county = $1 and person = any($2)
           and kind in ('person', 'case', 'assignment') and kind = 'person' order by person, seq";
    let mut identities: HashMap<PersonId, Vec<Delivery>> = HashMap::new();
    for row in tx.query(sql, &[&tx.county.0, &named]).await? {
        let person = PersonId(row.get(0));
        let delivery = Delivery {
            seq: row.get::<_, i64>(1) as u64,
            person: Some(person),
            stamp: Stamp(row.get::<_, i64>(2) as u64),
            body: row.get(3),
        };
        identities.entry(person).or_default().push(delivery);
    }
    let row = |(person, objects): (&PersonId, &u32)| PersonRow {
        person: *person,
        objects: *objects,
        identity: identities.remove(person).unwrap_or_default(),
    };
    Ok(page.into_iter().map(row).collect())
}

/// What a member may see of a person, oldest first; `None` when the person is not theirs.
pub(super) async fn changes_of(
    tx: &Tx,
    member: &Member,
    person: PersonId,
    (after, limit): (u64, u32),
) -> Result<Option<Vec<Delivery>>> {
    match caseload::sees(tx, member, [person]).await?.get(&person) {
        Some(objects) => feed::of_person(tx, person, after, *objects, limit).await.map(Some),
        None => Ok(None),
    }
}

/// The devices that a member may know of, as last heard of; `None` when they may see only their own.
pub(super) async fn devices(tx: &Tx, member: &Member) -> Result<Option<Vec<DeviceSeen>>> {
    if !seen::sees_devices(member) {
        return Ok(None);
    }
    Ok(seen::devices(member, auth::devices(tx).await?))
}

/// Work in quarantine about the people of a supervisor's team; `None` for everybody else.
pub(super) async fn handed_over(tx: &Tx, member: &Member) -> Result<Option<Vec<HandedOver>>> {
    if !seen::sees_handed_over(member) {
        return Ok(None);
    }
    // Those of the team: the limit is for what they can see, not for what the county has.
    let Some(their_team) = member.team else { return Ok(Some(Vec::new())) };
    let sql = "select id, person, author, what, code, received, body from quarantine where county = $1
           and person in (select person from caseload where county = $1 and team = $2)
         order by received desc limit 200";
    let rows = tx.query(sql, &[&tx.county.0, &their_team.0]).await?;
    let sees = caseload::sees(tx, member, rows.iter().map(|row| PersonId(row.get(1)))).await?;
    let work = |row: &tokio_postgres::Row| HandedOver {
        id: ChangeId(row.get(0)),
        person: PersonId(row.get(1)),
        author: UserId(row.get(2)),
        what: if row.get::<_, &str>(3) == "draft" { HandOverKind::Draft } else { HandOverKind::Refused },
        code: row.get(4),
        received: Millis(row.get(5)),
        body: serde_json::from_str(row.get(6)).ok(),
    };
    Ok(Some(rows.iter().map(work).filter(|work| sees.contains_key(&work.person)).collect()))
}
