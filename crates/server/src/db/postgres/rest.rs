//! Reads for REST and for the supervisor's last frame.

use super::transaction::Tx;
use super::{auth, caseload, feed, ids};
use crate::db::seen::Piece;
use crate::db::{Delivery, HandedWork, PersonRow, Result, seen};
use crate::decide::takes_care;
use domain::caseload::Member;
use domain::policy::Object;
use domain::{ChangeId, DeviceId, Millis, PersonId, Stamp, TeamId, UserId};
use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use sync::wire::{DeviceSeen, HandOverKind, HandedOver, Settled};
use uuid::Uuid;

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
    let sql = "select person, seq, stamp, body, id from change where county = $1 and person = any($2)
           and kind in ('person', 'case', 'assignment') and kind = 'person' order by person, seq";
    let mut identities: HashMap<PersonId, Vec<Delivery>> = HashMap::new();
    for row in tx.query(sql, &[&tx.county.0, &named]).await? {
        let person = PersonId(row.get(0));
        let delivery = Delivery {
            seq: row.get::<_, i64>(1) as u64,
            person: Some(person),
            object: Object::PersonIdentity as u8,
            stamp: Stamp(row.get::<_, i64>(2) as u64),
            body: row.get(3),
            id: ChangeId(row.get(4)),
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

/// Work in quarantine that a supervisor sees; `None` for everybody else.
///
/// It is work about the people of their team, and work by their team about somebody whom the county does not know.
pub(super) async fn handed_over(tx: &Tx, member: &Member) -> Result<Option<HandedWork>> {
    if !takes_care(member) {
        return Ok(None);
    }
    // Those of the team: the limit is for what they can see, not for what the county has.
    let Some(team) = member.team else { return Ok(Some(HandedWork::default())) };
    let mut waiting = pieces(tx, team, "settled_at is null order by received, device, id", i64::MAX).await?;
    let last = "settled_at is not null order by settled_at desc";
    let mut settled = pieces(tx, team, last, i64::from(seen::SETTLED)).await?;
    let all = waiting.iter().chain(&settled).map(|piece| (piece.person, piece.author)).collect();
    let sees = sees_work(tx, member, all).await?;
    waiting.retain(|piece| sees.contains(&(piece.person, piece.author)));
    settled.retain(|piece| sees.contains(&(piece.person, piece.author)));
    let shown = work(tx, &seen::fits(&waiting, &settled)).await?;
    Ok(Some(HandedWork { shown, waiting: u32::try_from(waiting.len()).unwrap_or(u32::MAX) }))
}

async fn pieces(tx: &Tx, team: TeamId, which: &'static str, limit: i64) -> Result<Vec<Piece>> {
    let sql = format!(
        "select device, id, person, author, octet_length(body)::bigint from quarantine q
         where county = $1
           and (person in (select person from caseload where county = $1 and team = $2)
             or author in (select \"user\" from member where county = $1 and team = $2)
               and not exists (select 1 from caseload k where k.county = $1 and k.person = q.person))
           and {which} limit $3"
    );
    let rows = tx.query(&sql, &[&tx.county.0, &team.0, &limit]).await?;
    let piece = |row: &tokio_postgres::Row| Piece {
        device: DeviceId(row.get(0)),
        id: ChangeId(row.get(1)),
        person: PersonId(row.get(2)),
        author: UserId(row.get(3)),
        bytes: row.get(4),
    };
    Ok(rows.iter().map(piece).collect())
}

/// These pieces of work, in their order.
async fn work(tx: &Tx, keys: &[(DeviceId, ChangeId)]) -> Result<Vec<HandedOver>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let devices: Vec<Uuid> = keys.iter().map(|(device, _)| device.0).collect();
    let named: Vec<Uuid> = keys.iter().map(|(_, id)| id.0).collect();
    let sql = "select q.device, q.id, q.person, q.author, q.what, q.code, q.received, q.body, q.settled_by, q.settled_at
         from unnest($2::uuid[], $3::uuid[]) with ordinality as n (device, id, at)
         join quarantine q on q.county = $1 and q.device = n.device and q.id = n.id order by n.at";
    let work = |row: &tokio_postgres::Row| {
        let (by, at): (Option<Uuid>, Option<i64>) = (row.get(8), row.get(9));
        HandedOver {
            id: ChangeId(row.get(1)),
            device: Some(DeviceId(row.get(0))),
            person: PersonId(row.get(2)),
            author: UserId(row.get(3)),
            what: if row.get::<_, &str>(4) == "draft" { HandOverKind::Draft } else { HandOverKind::Refused },
            code: row.get(5),
            received: Millis(row.get(6)),
            body: serde_json::from_str(row.get(7)).ok(),
            settled: by.zip(at).map(|(by, at)| Settled { by: UserId(by), at: Millis(at) }),
        }
    };
    Ok(tx.query(sql, &[&tx.county.0, &devices, &named]).await?.iter().map(work).collect())
}

/// Of work by its person and its author, that which a supervisor sees.
pub(super) async fn sees_work(
    tx: &Tx,
    member: &Member,
    work: BTreeSet<(PersonId, UserId)>,
) -> Result<BTreeSet<(PersonId, UserId)>> {
    let carried = caseload::carried(tx, work.iter().map(|(person, _)| *person)).await?;
    let authors = ids(work.iter().map(|(_, author)| *author).collect::<BTreeSet<_>>(), |user| user.0);
    let sql = "select \"user\" from member where county = $1 and \"user\" = any($2) and team = $3";
    let team = member.team.map(|team| team.0);
    let rows = tx.query(sql, &[&tx.county.0, &authors, &team]).await?;
    let colleagues: BTreeSet<UserId> = rows.iter().map(|row| UserId(row.get(0))).collect();
    let sees = |(person, author): &(PersonId, UserId)| match carried.get(person) {
        Some(cases) => member.sees(member.nearness(cases)) != 0,
        None => colleagues.contains(author),
    };
    Ok(work.into_iter().filter(sees).collect())
}
