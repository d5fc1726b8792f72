//! Whom a commit concerns: those in whose caseload a person is.

use super::caseload;
use crate::db::{Commits, Concerned, Result};
use domain::codes::{CodeList, Role};
use domain::{CountyId, PersonId, TeamId, UserId};
use rusqlite::Connection;
use std::collections::BTreeSet;

/// Leads, partners, and the supervisors of the teams of these people.
pub(super) fn by_people(
    c: &Connection,
    county: CountyId,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<Concerned> {
    let mut concerned = Concerned::default();
    let mut teams: BTreeSet<TeamId> = BTreeSet::new();
    for person in people {
        for case in caseload::carried(c, county, person)? {
            concerned.users.extend(case.lead.into_iter().chain(case.partner));
            teams.extend(case.team);
        }
    }
    let mut supervisors =
        c.prepare_cached("select user from member where county = ?1 and team = ?2 and role = ?3")?;
    for team in teams {
        let role = Role::Supervisor;
        let found = supervisors.query_map((county.bytes(), team.bytes(), role.code()), |row| row.get(0))?;
        for user in found {
            concerned.users.insert(UserId::from_bytes(user?));
        }
    }
    Ok(concerned)
}

/// The supervisors of somebody's team.
pub(super) fn supervisors_of(c: &Connection, county: CountyId, user: UserId) -> Result<Vec<UserId>> {
    let mut statement = c.prepare_cached(
        "select s.user from member s join member m on m.county = s.county and m.team = s.team
         where s.county = ?1 and m.user = ?2 and s.role = ?3",
    )?;
    let role = Role::Supervisor;
    let found = statement.query_map((county.bytes(), user.bytes(), role.code()), |row| row.get(0))?;
    Ok(found.map(|user| user.map(UserId::from_bytes)).collect::<rusqlite::Result<_>>()?)
}

/// What was committed after `after`; those numbered in `except` concern nobody.
pub(super) fn since(c: &Connection, county: CountyId, after: u64, except: &[(u64, u64)]) -> Result<Commits> {
    let mut statement = c.prepare_cached(
        "select seq, person from change where county = ?1 and seq > ?2 order by seq limit 100000",
    )?;
    let mut rows = statement.query((county.bytes(), after as i64))?;
    let (mut last, mut everyone, mut people) = (after, false, BTreeSet::new());
    while let Some(row) = rows.next()? {
        last = row.get::<_, i64>(0)? as u64;
        if except.iter().any(|(from, to)| (*from..=*to).contains(&last)) {
            continue;
        }
        match row.get::<_, Option<[u8; 16]>>(1)? {
            Some(person) => {
                people.insert(PersonId::from_bytes(person));
            }
            None => everyone = true,
        }
    }
    let mut concerned = by_people(c, county, people)?;
    concerned.everyone = everyone;
    let mut ended = c.prepare_cached(
        "select y.epoch, (select count(*) from device indexed by device_revoked
            where county = ?1 and revoked_at is not null)
         from county y where y.id = ?1",
    )?;
    let ended = ended.query_row([county.bytes()], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?;
    Ok(Commits { concerned, upto: last, ended })
}
