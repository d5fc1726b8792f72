//! Looks for damage: the log against its counter and its own words, digests and caseload against the log.

use super::keep::digest as sum;
use super::refold;
use super::transaction::Tx;
use crate::db::logged::{Log, Logged};
use crate::db::{CheckReport, Result};
use domain::PersonId;
use futures_util::TryStreamExt;
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::Row;
use uuid::Uuid;

/// So many people's caseload rows are compared at once.
const PEOPLE: usize = 500;

pub(super) async fn check(tx: &Tx) -> Result<CheckReport> {
    let mut log = log(tx).await?;
    let wrong = digests(tx, &mut log).await?;
    let (mut report, people) = log.end(carried(tx).await?);
    report.schema = tx.schema().await?.unwrap_or(0);
    report.seq = super::county(tx).await?.seq;
    report.digests_wrong += wrong;
    let people: Vec<PersonId> = people.into_iter().collect();
    for some in people.chunks(PEOPLE) {
        let some: BTreeSet<PersonId> = some.iter().copied().collect();
        let (kept, folded) = (refold::kept_cases(tx, &some).await?, refold::cases(tx, &some).await?);
        let fits = |person| {
            let of = |cases: &BTreeMap<PersonId, Vec<_>>| cases.get(person).cloned().unwrap_or_default();
            of(&kept) == of(&folded)
        };
        report.caseload_wrong += some.iter().filter(|person| !fits(*person)).count() as u64;
    }
    Ok(report)
}

/// The whole log, read once, row by row.
async fn log(tx: &Tx) -> Result<Log> {
    let sql = "select seq, id, record, kind, op, person, object, device, author, stamp, body from change
         where county = $1 order by seq";
    let rows = tx.stream(sql, &[&tx.county.0]).await?;
    futures_util::pin_mut!(rows);
    let mut log = Log::default();
    while let Some(row) = rows.try_next().await? {
        log.take(&Logged {
            seq: row.get(0),
            id: id(&row, 1),
            record: id(&row, 2),
            kind: row.get(3),
            op: row.get(4),
            person: row.get::<_, Option<Uuid>>(5).map(Uuid::into_bytes),
            object: row.get(6),
            device: id(&row, 7),
            author: id(&row, 8),
            stamp: row.get::<_, i64>(9) as u64,
            body: row.get(10),
        });
    }
    Ok(log)
}

fn id(row: &Row, column: usize) -> [u8; 16] {
    row.get::<_, Uuid>(column).into_bytes()
}

/// How many of the sums that are kept are wrong.
async fn digests(tx: &Tx, log: &mut Log) -> Result<u64> {
    let sql = "select person, object, sum, count from digest where county = $1";
    let rows = tx.stream(sql, &[&tx.county.0]).await?;
    futures_util::pin_mut!(rows);
    let mut wrong = 0;
    while let Some(row) = rows.try_next().await? {
        let kept = sum(row.get(2)).ok().map(|sum| (sum, row.get(3)));
        wrong += u64::from(log.is_wrong((id(&row, 0), row.get(1)), kept));
    }
    Ok(wrong)
}

/// Everybody in the caseload.
async fn carried(tx: &Tx) -> Result<BTreeSet<PersonId>> {
    let rows = tx.query("select distinct person from caseload where county = $1", &[&tx.county.0]).await?;
    Ok(rows.iter().map(|row| PersonId(row.get(0))).collect())
}
