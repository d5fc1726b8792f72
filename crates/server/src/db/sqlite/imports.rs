//! What came of each imported report.

use crate::db::{DbError, ReportRow, Result, Taken};
use domain::{CountyId, Millis, PersonId, RecordId};
use rusqlite::{Connection, Params, Row};

const COLUMNS: &str = "agency, report, digest, incident, called, person, event, case_id, patient, imported";

/// Keeps or replaces a report's row.
pub(super) fn keep(c: &Connection, county: CountyId, Taken { report, seen }: &Taken) -> Result<()> {
    let next = "update county set imports = imports + 1 where id = ?1 and imports = ?2";
    if c.execute(next, (county.bytes(), seen))? == 0 {
        return Err(DbError::Overtaken);
    }
    c.execute(
        "insert into import_report (county, agency, report, digest, incident, called, person, event, case_id,
         patient, imported) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         on conflict (county, agency, report) do update set digest = excluded.digest,
         incident = excluded.incident, called = excluded.called, patient = excluded.patient,
         imported = excluded.imported",
        rusqlite::params![
            county.bytes(),
            report.agency,
            report.report,
            report.digest,
            report.incident,
            report.called.0,
            report.person.bytes(),
            report.event.bytes(),
            report.case.bytes(),
            report.patient,
            report.imported.0
        ],
    )?;
    Ok(())
}

pub(super) fn of_incident(
    c: &Connection,
    county: CountyId,
    agency: &str,
    incident: &str,
) -> Result<Vec<ReportRow>> {
    let filter = "county = ?1 and incident = ?3 and agency = ?2";
    select(c, filter, (county.bytes(), agency, incident))
}

pub(super) fn of_event(c: &Connection, county: CountyId, event: RecordId) -> Result<Vec<ReportRow>> {
    select(c, "county = ?1 and event = ?2", (county.bytes(), event.bytes()))
}

pub(super) fn one(c: &Connection, county: CountyId, agency: &str, report: &str) -> Result<Option<ReportRow>> {
    let filter = "county = ?1 and agency = ?2 and report = ?3";
    Ok(select(c, filter, (county.bytes(), agency, report))?.pop())
}

pub(super) fn same_name(c: &Connection, county: CountyId, name: &str, born: &str) -> Result<Vec<PersonId>> {
    let mut statement = c.prepare_cached(
        "select person from identity where county = ?1 and full_name = ?2 and birth_date = ?3 order by person",
    )?;
    let rows =
        statement.query_map((county.bytes(), name, born), |row| Ok(PersonId::from_bytes(row.get(0)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// `filter` is one of the constants above, never a value.
fn select(c: &Connection, filter: &'static str, params: impl Params) -> Result<Vec<ReportRow>> {
    let sql = format!("select {COLUMNS} from import_report where {filter} order by imported, report");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map(params, row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn row(row: &Row) -> rusqlite::Result<ReportRow> {
    Ok(ReportRow {
        agency: row.get(0)?,
        report: row.get(1)?,
        digest: row.get(2)?,
        incident: row.get(3)?,
        called: Millis(row.get(4)?),
        person: PersonId::from_bytes(row.get(5)?),
        event: RecordId::from_bytes(row.get(6)?),
        case: RecordId::from_bytes(row.get(7)?),
        patient: row.get(8)?,
        imported: Millis(row.get(9)?),
    })
}
