//! What came of each imported report.

use super::text;
use super::transaction::{Param, Tx};
use crate::db::{DbError, ReportRow, Result, Taken};
use domain::{Millis, PersonId, RecordId};
use tokio_postgres::Row;

const COLUMNS: &str = "agency, report, digest, incident, called, person, event, case_id, patient, imported";

/// Keeps or replaces a report's row.
pub(super) async fn keep(tx: &Tx, Taken { report, seen }: &Taken) -> Result<()> {
    let next = "update county set imports = imports + 1 where county = $1 and imports = $2";
    if tx.execute(next, &[&tx.county.0, seen]).await? == 0 {
        return Err(DbError::Overtaken);
    }
    tx.execute(
        "insert into import_report (county, agency, report, digest, incident, called, person, event, case_id,
           patient, imported) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (county, agency, report) do update set digest = excluded.digest,
           incident = excluded.incident, called = excluded.called, patient = excluded.patient,
           imported = excluded.imported",
        &[
            &tx.county.0,
            &text(&report.agency),
            &text(&report.report),
            &&report.digest[..],
            &report.incident.as_deref().map(text),
            &report.called.0,
            &report.person.0,
            &report.event.0,
            &report.case.0,
            &text(&report.patient),
            &report.imported.0,
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn of_incident(tx: &Tx, agency: &str, incident: &str) -> Result<Vec<ReportRow>> {
    let filter = "county = $1 and incident = $3 and agency = $2";
    select(tx, filter, &[&tx.county.0, &text(agency), &text(incident)]).await
}

pub(super) async fn of_event(tx: &Tx, event: RecordId) -> Result<Vec<ReportRow>> {
    select(tx, "county = $1 and event = $2", &[&tx.county.0, &event.0]).await
}

pub(super) async fn one(tx: &Tx, agency: &str, report: &str) -> Result<Option<ReportRow>> {
    let filter = "county = $1 and agency = $2 and report = $3";
    Ok(select(tx, filter, &[&tx.county.0, &text(agency), &text(report)]).await?.pop())
}

pub(super) async fn same_name(tx: &Tx, name: &str, born: &str) -> Result<Vec<PersonId>> {
    let sql = "select person from identity where county = $1 and full_name = $2 and birth_date = $3 order by person";
    let rows = tx.query(sql, &[&tx.county.0, &text(name), &text(born)]).await?;
    Ok(rows.iter().map(|row| PersonId(row.get(0))).collect())
}

/// `filter` is one of the constants above, never a value.
async fn select(tx: &Tx, filter: &'static str, params: &[Param<'_>]) -> Result<Vec<ReportRow>> {
    let sql =
        format!("select {COLUMNS} from import_report where {filter} order by imported, report collate \"C\"");
    tx.query(&sql, params).await?.iter().map(row).collect()
}

fn row(row: &Row) -> Result<ReportRow> {
    Ok(ReportRow {
        agency: row.get(0),
        report: row.get(1),
        digest: row.get::<_, &[u8]>(2).try_into().map_err(|_| DbError::Unreadable)?,
        incident: row.get(3),
        called: Millis(row.get(4)),
        person: PersonId(row.get(5)),
        event: RecordId(row.get(6)),
        case: RecordId(row.get(7)),
        patient: row.get(8),
        imported: Millis(row.get(9)),
    })
}
