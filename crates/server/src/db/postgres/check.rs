//! Looks for damage: the log against its counter, digests and caseload against the log.

use super::keep::digest as sum;
use super::transaction::Tx;
use super::{refold, schema};
use crate::db::{CheckReport, NOBODY, Result};
use crypto::digest::RecordDigest;
use domain::PersonId;
use futures_util::TryStreamExt;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// So many people's caseload rows are compared at once.
const PEOPLE: usize = 500;

pub(super) async fn check(tx: &Tx) -> Result<CheckReport> {
    let mut report = CheckReport { schema: schema::newest(), ..CheckReport::default() };
    report.seq = super::county(tx).await?.seq;
    let (sums, people) = sums(tx, &mut report).await?;
    report.digests_wrong = compare_digests(tx, sums).await?;
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

type Sums = BTreeMap<([u8; 16], i64), (RecordDigest, i64)>;

/// The sums as they should be, and everybody in the log. A number that does not follow the one before is damage.
async fn sums(tx: &Tx, report: &mut CheckReport) -> Result<(Sums, BTreeSet<PersonId>)> {
    let sql = "select id, person, object, stamp, seq from change where county = $1 order by seq";
    let rows = tx.stream(sql, &[&tx.county.0]).await?;
    futures_util::pin_mut!(rows);
    let (mut sums, mut people) = (Sums::new(), BTreeSet::new());
    while let Some(row) = rows.try_next().await? {
        report.changes += 1;
        report.damaged += u64::from(row.get::<_, i64>(4) != report.changes as i64);
        let person: Option<Uuid> = row.get(1);
        people.extend(person.map(PersonId));
        let person = person.map_or(NOBODY, Uuid::into_bytes);
        let (sum, count) = sums.entry((person, row.get(2))).or_default();
        *sum += RecordDigest::entry(row.get::<_, Uuid>(0).into_bytes(), row.get::<_, i64>(3) as u64);
        *count += 1;
    }
    Ok((sums, people))
}

async fn compare_digests(tx: &Tx, mut sums: Sums) -> Result<u64> {
    let sql = "select person, object, sum, count from digest where county = $1";
    let rows = tx.stream(sql, &[&tx.county.0]).await?;
    futures_util::pin_mut!(rows);
    let mut wrong = 0;
    while let Some(row) = rows.try_next().await? {
        let kept = (sum(row.get(2))?, row.get(3));
        let should = sums.remove(&(row.get::<_, Uuid>(0).into_bytes(), row.get(1)));
        wrong += u64::from(should != Some(kept));
    }
    Ok(wrong + sums.len() as u64)
}
