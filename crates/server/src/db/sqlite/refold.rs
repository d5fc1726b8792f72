//! Keeps the tables that are folds of records: caseload, members, teams, names, the county's settings.

use super::feed;
use crate::caseload::{self as fold_caseload, CarriedCase};
use crate::db::{DbError, Result};
use crate::decide::{Accepted, Touched};
use domain::codes::CodeList;
use domain::records::{CountySettings, Person, Record};
use domain::{Change, CountyId, PersonId, RecordId, RecordKind, Stamp, fold};
use rusqlite::{Connection, Row};

/// Refolds what these changes touched.
pub(super) fn touched(c: &Connection, county: CountyId, accepted: &[Accepted]) -> Result<()> {
    let Touched { carried, named, own } = Touched::by(accepted);
    for person in carried {
        put_caseload(c, county, person, &cases(c, county, person)?)?;
    }
    for person in named {
        put_identity(c, county, person)?;
    }
    for (kind, record) in own {
        put_own(c, county, &kind, record)?;
    }
    Ok(())
}

/// The cases of a person, folded from the log.
pub(super) fn cases(c: &Connection, county: CountyId, person: PersonId) -> Result<Vec<CarriedCase>> {
    let mut changes = of_kind(c, county, Some(person), &RecordKind::Case)?;
    changes.extend(of_kind(c, county, Some(person), &RecordKind::Assignment)?);
    Ok(fold_caseload::cases(changes.iter().map(|(change, stamp)| (change, *stamp))))
}

fn put_caseload(c: &Connection, county: CountyId, person: PersonId, cases: &[CarriedCase]) -> Result<()> {
    c.prepare_cached("delete from caseload where county = ?1 and person = ?2")?
        .execute((county.bytes(), person.bytes()))?;
    let mut insert = c.prepare_cached(
        "insert into caseload (county, person, case_id, team, lead, partner, open)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for case in cases {
        insert.execute((
            county.bytes(),
            person.bytes(),
            case.case.bytes(),
            case.carried.team.map(|team| team.bytes()),
            case.carried.lead.map(|user| user.bytes()),
            case.carried.partner.map(|user| user.bytes()),
            case.open,
        ))?;
    }
    Ok(())
}

fn put_identity(c: &Connection, county: CountyId, person: PersonId) -> Result<()> {
    let changes = of_kind(c, county, Some(person), &RecordKind::Person)?;
    let folded = fold(changes.iter().map(|(change, stamp)| (change, *stamp)));
    let who = Person::from_values(&folded.values());
    c.prepare_cached("delete from identity where county = ?1 and person = ?2")?
        .execute((county.bytes(), person.bytes()))?;
    if let (Some(first), Some(last), Some(born), false) =
        (who.first_name, who.last_name, who.birth_date, folded.voided)
    {
        c.prepare_cached(
            "insert into identity (county, person, full_name, birth_date) values (?1, ?2, ?3, ?4)",
        )?
        .execute((
            county.bytes(),
            person.bytes(),
            fold_caseload::full_name(&first, &last),
            born.to_string(),
        ))?;
    }
    Ok(())
}

fn put_own(c: &Connection, county: CountyId, kind: &RecordKind, record: RecordId) -> Result<()> {
    let all = of_kind(c, county, None, kind)?;
    let changes: Vec<_> = all.iter().filter(|(change, _)| change.record == record).collect();
    let changes = || changes.iter().map(|(change, stamp)| (change, *stamp));
    match kind {
        RecordKind::Staff => {
            let Some(member) = fold_caseload::member(changes()) else { return Ok(()) };
            c.prepare_cached(
                "insert into member (county, user, name, role, team, active) values (?1, ?2, ?3, ?4, ?5, ?6)
                 on conflict (county, user) do update set name = excluded.name, role = excluded.role,
                 team = excluded.team, active = excluded.active",
            )?
            .execute((
                county.bytes(),
                record.bytes(),
                member.name,
                member.role.code(),
                member.team.map(|team| team.bytes()),
                member.active,
            ))?;
        }
        RecordKind::Team => {
            let Some(name) = fold_caseload::team_name(changes()) else { return Ok(()) };
            c.prepare_cached(
                "insert into team (county, team, name) values (?1, ?2, ?3)
                 on conflict (county, team) do update set name = excluded.name",
            )?
            .execute((county.bytes(), record.bytes(), name))?;
        }
        RecordKind::CountySettings => {
            let settings = CountySettings::from_values(&fold(changes()).values());
            if let (Some(name), Some(timezone)) = (settings.name, settings.timezone) {
                c.prepare_cached("update county set name = ?2, timezone = ?3 where id = ?1")?.execute((
                    county.bytes(),
                    name,
                    timezone,
                ))?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The changes of one kind of a person, or of the county, with the stamps that count.
pub(super) fn of_kind(
    c: &Connection,
    county: CountyId,
    person: Option<PersonId>,
    kind: &RecordKind,
) -> Result<Vec<(Change, Stamp)>> {
    let whose = feed::whose(person);
    let mut statement =
        c.prepare_cached(&format!("select body, stamp from {whose} and kind = ?3 order by seq"))?;
    let person = person.map(|person| person.bytes());
    let mut rows = statement.query((county.bytes(), person, kind.code()))?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        changes.push(parse(row)?);
    }
    Ok(changes)
}

fn parse(row: &Row) -> Result<(Change, Stamp)> {
    let body = row.get_ref(0)?.as_str().map_err(|_| DbError::Unreadable)?;
    let change = serde_json::from_str(body).map_err(|_| DbError::Unreadable)?;
    Ok((change, Stamp(row.get::<_, i64>(1)? as u64)))
}
