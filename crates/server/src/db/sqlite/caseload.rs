//! Whose people are whose: questions to the caseload table.

use crate::db::Result;
use domain::caseload::{Carried, Member};
use domain::codes::Role;
use domain::{CountyId, PersonId, TeamId, UserId};
use rusqlite::{Connection, Row};
use std::collections::BTreeMap;

/// Who carries the cases of a person.
pub(super) fn carried(c: &Connection, county: CountyId, person: PersonId) -> Result<Vec<Carried>> {
    let mut statement =
        c.prepare_cached("select team, lead, partner from caseload where county = ?1 and person = ?2")?;
    let rows = statement.query_map((county.bytes(), person.bytes()), |row| carried_row(row, 0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What `member` may see of a person now: none when the person is not in their caseload.
pub(super) fn sees(c: &Connection, county: CountyId, member: &Member, person: PersonId) -> Result<u32> {
    Ok(member.sees(member.nearness(&carried(c, county, person)?)))
}

/// The caseload of `member` now: who, and what may be seen of them.
pub(super) fn now(c: &Connection, county: CountyId, member: &Member) -> Result<BTreeMap<PersonId, u32>> {
    let mut cases: BTreeMap<PersonId, Vec<Carried>> = BTreeMap::new();
    let mut collect = |sql: &str, id: [u8; 16]| -> Result<()> {
        let mut statement = c.prepare_cached(sql)?;
        let mut rows = statement.query((county.bytes(), id))?;
        while let Some(row) = rows.next()? {
            let person = PersonId::from_bytes(row.get(0)?);
            cases.entry(person).or_default().push(carried_row(row, 1)?);
        }
        Ok(())
    };
    match (&member.role, member.team) {
        (Role::Supervisor, Some(team)) => collect(
            "select person, team, lead, partner from caseload where county = ?1 and team = ?2",
            team.bytes(),
        )?,
        (Role::PeerSupport | Role::Ems | Role::Clinician, _) => {
            collect(
                "select person, team, lead, partner from caseload where county = ?1 and lead = ?2",
                member.user.bytes(),
            )?;
            collect(
                "select person, team, lead, partner from caseload where county = ?1 and partner = ?2",
                member.user.bytes(),
            )?;
        }
        _ => {}
    }
    let seen = cases.into_iter().map(|(person, cases)| (person, member.sees(member.nearness(&cases))));
    Ok(seen.filter(|(_, objects)| *objects != 0).collect())
}

fn carried_row(row: &Row, at: usize) -> rusqlite::Result<Carried> {
    Ok(Carried {
        team: row.get::<_, Option<[u8; 16]>>(at)?.map(TeamId::from_bytes),
        lead: row.get::<_, Option<[u8; 16]>>(at + 1)?.map(UserId::from_bytes),
        partner: row.get::<_, Option<[u8; 16]>>(at + 2)?.map(UserId::from_bytes),
    })
}
