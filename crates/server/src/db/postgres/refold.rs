//! Keeps the tables that are folds of records: caseload, members, teams, names, the county's settings.

use super::transaction::Tx;
use super::{caseload, text};
use crate::caseload::{self as fold_caseload, CarriedCase};
use crate::db::{DbError, Result};
use crate::decide::{Accepted, Touched};
use domain::codes::CodeList;
use domain::records::{CountySettings, Person, Record};
use domain::{Change, PersonId, RecordId, RecordKind, Stamp, fold};
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::Row;
use uuid::Uuid;

type Stamped = (Change, Stamp);

/// Refolds what these changes touched.
pub(super) async fn touched(tx: &Tx, accepted: &[Accepted]) -> Result<()> {
    let Touched { carried, named, own } = Touched::by(accepted);
    put_caseload(tx, &carried).await?;
    put_identity(tx, &named).await?;
    for (kind, record) in own {
        put_own(tx, &kind, record).await?;
    }
    Ok(())
}

/// The cases of people, folded from the log.
pub(super) async fn cases(
    tx: &Tx,
    people: &BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, Vec<CarriedCase>>> {
    let changes = of_people(tx, people, "kind in ('case', 'assignment')").await?;
    let fold = |changes: Vec<Stamped>| fold_caseload::cases(changes.iter().map(|(c, stamp)| (c, *stamp)));
    Ok(changes.into_iter().map(|(person, changes)| (person, fold(changes))).collect())
}

/// The cases of people as they are kept.
pub(super) async fn kept_cases(
    tx: &Tx,
    people: &BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, Vec<CarriedCase>>> {
    let people: Vec<Uuid> = people.iter().map(|person| person.0).collect();
    let sql = "select person, case_id, team, lead, partner, open from caseload
         where county = $1 and person = any($2) order by person, case_id";
    let mut kept: BTreeMap<PersonId, Vec<CarriedCase>> = BTreeMap::new();
    for row in tx.query(sql, &[&tx.county.0, &people]).await? {
        let case = CarriedCase {
            case: RecordId(row.get(1)),
            carried: caseload::carried_row(&row, 2),
            open: row.get(5),
        };
        kept.entry(PersonId(row.get(0))).or_default().push(case);
    }
    Ok(kept)
}

/// The changes of people that say who they are and who carries them; `which` is one of the filters above and below,
/// never a value.
async fn of_people(
    tx: &Tx,
    people: &BTreeSet<PersonId>,
    which: &'static str,
) -> Result<BTreeMap<PersonId, Vec<Stamped>>> {
    let people: Vec<Uuid> = people.iter().map(|person| person.0).collect();
    let sql = format!(
        "select body, stamp, person from change where county = $1 and person = any($2)
           and kind in ('person', 'case', 'assignment') and {which} order by person, seq"
    );
    let mut changes: BTreeMap<PersonId, Vec<Stamped>> = BTreeMap::new();
    for row in tx.query(&sql, &[&tx.county.0, &people]).await? {
        changes.entry(PersonId(row.get(2))).or_default().push(parse(&row)?);
    }
    Ok(changes)
}

async fn put_caseload(tx: &Tx, people: &BTreeSet<PersonId>) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    let cases = cases(tx, people).await?;
    let people: Vec<Uuid> = people.iter().map(|person| person.0).collect();
    let old = "delete from caseload where county = $1 and person = any($2)";
    tx.execute(old, &[&tx.county.0, &people]).await?;
    let all: Vec<(Uuid, &CarriedCase)> =
        cases.iter().flat_map(|(person, cases)| cases.iter().map(|case| (person.0, case))).collect();
    let people: Vec<Uuid> = all.iter().map(|(person, _)| *person).collect();
    let ids: Vec<Uuid> = all.iter().map(|(_, case)| case.case.0).collect();
    let teams: Vec<_> = all.iter().map(|(_, case)| case.carried.team.map(|team| team.0)).collect();
    let leads: Vec<_> = all.iter().map(|(_, case)| case.carried.lead.map(|user| user.0)).collect();
    let partners: Vec<_> = all.iter().map(|(_, case)| case.carried.partner.map(|user| user.0)).collect();
    let open: Vec<bool> = all.iter().map(|(_, case)| case.open).collect();
    tx.execute(
        "insert into caseload (county, person, case_id, team, lead, partner, open)
         select $1, n.person, n.case_id, n.team, n.lead, n.partner, n.open
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::boolean[])
           as n (person, case_id, team, lead, partner, open)",
        &[&tx.county.0, &people, &ids, &teams, &leads, &partners, &open],
    )
    .await?;
    Ok(())
}

async fn put_identity(tx: &Tx, people: &BTreeSet<PersonId>) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    let (mut ids, mut names, mut births) = (Vec::new(), Vec::new(), Vec::new());
    for (person, changes) in of_people(tx, people, "kind = 'person'").await? {
        let folded = fold(changes.iter().map(|(change, stamp)| (change, *stamp)));
        let who = Person::from_values(&folded.values());
        if let (Some(first), Some(last), Some(born), false) =
            (who.first_name, who.last_name, who.birth_date, folded.voided)
        {
            ids.push(person.0);
            names.push(text(&fold_caseload::full_name(&first, &last)));
            births.push(born.to_string());
        }
    }
    let people: Vec<Uuid> = people.iter().map(|person| person.0).collect();
    let old = "delete from identity where county = $1 and person = any($2)";
    tx.execute(old, &[&tx.county.0, &people]).await?;
    tx.execute(
        "insert into identity (county, person, full_name, birth_date)
         select $1, n.person, n.full_name, n.birth_date
         from unnest($2::uuid[], $3::text[], $4::text[]) as n (person, full_name, birth_date)",
        &[&tx.county.0, &ids, &names, &births],
    )
    .await?;
    Ok(())
}

async fn put_own(tx: &Tx, kind: &RecordKind, record: RecordId) -> Result<()> {
    let all = of_kind(tx, None, kind).await?;
    let changes: Vec<_> = all.iter().filter(|(change, _)| change.record == record).collect();
    let changes = || changes.iter().map(|(change, stamp)| (change, *stamp));
    match kind {
        RecordKind::Staff => {
            let Some(member) = fold_caseload::member(changes()) else { return Ok(()) };
            tx.execute(
                "insert into member (county, \"user\", name, role, team, active) values ($1, $2, $3, $4, $5, $6)
                 on conflict (county, \"user\") do update set name = excluded.name, role = excluded.role,
                   team = excluded.team, active = excluded.active",
                &[
                    &tx.county.0,
                    &record.0,
                    &text(&member.name),
                    &text(member.role.code()),
                    &member.team.map(|team| team.0),
                    &member.active,
                ],
            )
            .await?;
        }
        RecordKind::Team => {
            let Some(name) = fold_caseload::team_name(changes()) else { return Ok(()) };
            let sql = "insert into team (county, team, name) values ($1, $2, $3)
                 on conflict (county, team) do update set name = excluded.name";
            tx.execute(sql, &[&tx.county.0, &record.0, &text(&name)]).await?;
        }
        RecordKind::CountySettings => {
            let settings = CountySettings::from_values(&fold(changes()).values());
            if let (Some(name), Some(timezone)) = (settings.name, settings.timezone) {
                let sql = "update county set name = $2, timezone = $3 where county = $1";
                tx.execute(sql, &[&tx.county.0, &text(&name), &text(&timezone)]).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The changes of one kind of a person, or of the county, with the stamps that count.
pub(super) async fn of_kind(tx: &Tx, person: Option<PersonId>, kind: &RecordKind) -> Result<Vec<Stamped>> {
    let kind = kind.code();
    let rows = match person {
        Some(person) => {
            let sql =
                "select body, stamp from change where county = $1 and person = $2 and kind = $3 order by seq";
            tx.query(sql, &[&tx.county.0, &person.0, &kind]).await?
        }
        None => {
            let sql = "select body, stamp from change where county = $1 and person is null and kind = $2 order by seq";
            tx.query(sql, &[&tx.county.0, &kind]).await?
        }
    };
    rows.iter().map(parse).collect()
}

/// A row that begins with body and stamp.
pub(super) fn parse(row: &Row) -> Result<Stamped> {
    let change = serde_json::from_str(row.get(0)).map_err(|_| DbError::Unreadable)?;
    Ok((change, Stamp(row.get::<_, i64>(1) as u64)))
}
