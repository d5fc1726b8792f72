//! Whose people are whose: questions to the caseload table.

use super::ids;
use super::transaction::Tx;
use crate::db::Result;
use domain::caseload::{Carried, Member};
use domain::codes::Role;
use domain::{PersonId, TeamId, UserId};
use std::collections::BTreeMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// Who carries the cases of people; nobody's are left out.
pub(super) async fn carried(
    tx: &Tx,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<BTreeMap<PersonId, Vec<Carried>>> {
    let people = ids(people, |person| person.0);
    let sql = "select person, team, lead, partner from caseload where county = $1 and person = any($2)";
    Ok(by_person(tx.query(sql, &[&tx.county.0, &people]).await?))
}

/// What `member` may see of people now; those not in their caseload are left out.
pub(super) async fn sees(
    tx: &Tx,
    member: &Member,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<BTreeMap<PersonId, u32>> {
    Ok(seen(member, carried(tx, people).await?))
}

/// The caseload of `member` now: who, and what may be seen of them.
pub(super) async fn now(tx: &Tx, member: &Member) -> Result<BTreeMap<PersonId, u32>> {
    let rows = match (&member.role, member.team) {
        (Role::Supervisor, Some(team)) => {
            let sql = "select person, team, lead, partner from caseload where county = $1 and team = $2";
            tx.query(sql, &[&tx.county.0, &team.0]).await?
        }
        (Role::PeerSupport | Role::Ems | Role::Clinician, _) => {
            let sql = "select person, team, lead, partner from caseload where county = $1 and lead = $2
                 union all
                 select person, team, lead, partner from caseload where county = $1 and partner = $2";
            tx.query(sql, &[&tx.county.0, &member.user.0]).await?
        }
        _ => Vec::new(),
    };
    Ok(seen(member, by_person(rows)))
}

fn seen(member: &Member, cases: BTreeMap<PersonId, Vec<Carried>>) -> BTreeMap<PersonId, u32> {
    let seen = cases.into_iter().map(|(person, cases)| (person, member.sees(member.nearness(&cases))));
    seen.filter(|(_, objects)| *objects != 0).collect()
}

fn by_person(rows: Vec<Row>) -> BTreeMap<PersonId, Vec<Carried>> {
    let mut cases: BTreeMap<PersonId, Vec<Carried>> = BTreeMap::new();
    for row in rows {
        cases.entry(PersonId(row.get(0))).or_default().push(carried_row(&row, 1));
    }
    cases
}

pub(super) fn carried_row(row: &Row, at: usize) -> Carried {
    Carried {
        team: row.get::<_, Option<Uuid>>(at).map(TeamId),
        lead: row.get::<_, Option<Uuid>>(at + 1).map(UserId),
        partner: row.get::<_, Option<Uuid>>(at + 2).map(UserId),
    }
}
