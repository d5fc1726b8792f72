//! Whom a commit concerns: those in whose caseload a person is.

use super::transaction::Tx;
use super::{caseload, ids};
use crate::db::{Commits, Concerned, DbError, Result};
use domain::codes::{CodeList, Role};
use domain::{PersonId, TeamId, UserId};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Leads, partners, and the supervisors of the teams of these people.
pub(super) async fn by_people(tx: &Tx, people: &BTreeSet<PersonId>) -> Result<Concerned> {
    let mut concerned = Concerned::default();
    if people.is_empty() {
        return Ok(concerned);
    }
    let mut teams: BTreeSet<TeamId> = BTreeSet::new();
    for case in caseload::carried(tx, people.iter().copied()).await?.into_values().flatten() {
        concerned.users.extend(case.lead.into_iter().chain(case.partner));
        teams.extend(case.team);
    }
    let sql = "select \"user\" from member where county = $1 and team = any($2) and role = $3";
    let teams = ids(teams, |team| team.0);
    let found = tx.query(sql, &[&tx.county.0, &teams, &Role::Supervisor.code()]).await?;
    concerned.users.extend(found.iter().map(|row| UserId(row.get(0))));
    Ok(concerned)
}

/// The supervisors of somebody's team.
pub(super) async fn supervisors_of(tx: &Tx, user: UserId) -> Result<Vec<UserId>> {
    let sql = "select s.\"user\" from member s join member m on m.county = s.county and m.team = s.team
         where s.county = $1 and m.\"user\" = $2 and s.role = $3";
    let found = tx.query(sql, &[&tx.county.0, &user.0, &Role::Supervisor.code()]).await?;
    Ok(found.iter().map(|row| UserId(row.get(0))).collect())
}

/// What was committed after `after`; those numbered in `except` concern nobody.
pub(super) async fn since(tx: &Tx, after: u64, except: &[(u64, u64)]) -> Result<Commits> {
    let sql = "select seq, person from change where county = $1 and seq > $2 order by seq limit 100000";
    let (mut last, mut everyone, mut people) = (after, false, BTreeSet::new());
    for row in tx.query(sql, &[&tx.county.0, &(after as i64)]).await? {
        last = row.get::<_, i64>(0) as u64;
        if except.iter().any(|(from, to)| (*from..=*to).contains(&last)) {
            continue;
        }
        match row.get::<_, Option<Uuid>>(1) {
            Some(person) => {
                people.insert(PersonId(person));
            }
            None => everyone = true,
        }
    }
    let mut concerned = by_people(tx, &people).await?;
    concerned.everyone = everyone;
    let sql = "select y.epoch, (select count(*) from device where county = $1 and revoked_at is not null)
         from county y where y.county = $1";
    let row = tx.query_opt(sql, &[&tx.county.0]).await?.ok_or(DbError::Missing)?;
    let ended = (row.get::<_, i64>(0) as u32, row.get::<_, i64>(1) as u64);
    Ok(Commits { concerned, upto: last, ended })
}
