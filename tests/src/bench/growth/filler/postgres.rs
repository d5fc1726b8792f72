//! Into PostgreSQL, past row-level security: that cannot be copied into.

use super::{LENGTH, Row};
use crate::bench::load::Loaded;
use anyhow::Context;
use axum::body::Bytes;
use domain::{CountyId, PersonId};
use futures_util::SinkExt;
use std::fmt::Write as _;
use std::pin::pin;
use tokio_postgres::Client;

/// Changes in one statement.
const AT_ONCE: u64 = 50_000;

pub(super) async fn fill(loaded: &Loaded, size: u64) -> anyhow::Result<()> {
    let db = loaded.scratch.as_ref().context("not in PostgreSQL")?.superuser().await;
    let county = loaded.county.describe().await?;
    let last = county.seq.max(size);
    let mut seq = county.seq;
    while seq < last {
        let upto = last.min(seq + AT_ONCE);
        changes(&db, county.id, seq, upto).await?;
        seq = upto;
    }
    db.execute("update county set seq = $2 where county = $1", &[&county.id.0, &(last as i64)]).await?;
    // What PostgreSQL would do by itself in an ordinary life.
    db.batch_execute("vacuum (analyze)").await?;
    Ok(db.batch_execute("checkpoint").await?)
}

async fn changes(db: &Client, county: CountyId, after: u64, upto: u64) -> anyhow::Result<()> {
    let body = "x".repeat(LENGTH);
    let [mut change, mut carried, mut told, mut digest] = <[String; 4]>::default();
    for seq in after + 1..=upto {
        let row = Row::of(seq);
        let Row { kind, object, .. } = row;
        let [id, person, team, lead, device] = [row.id, row.person, row.team, row.lead, row.device]
            .map(|id| PersonId::from_bytes(id).0.simple());
        let stamp = seq << 16;
        writeln!(
            change,
            "{county}\t{id}\t{seq}\t{id}\t{kind}\tcreate\t{person}\t{object}\t{device}\t{lead}\t\
             {stamp}\t{stamp}\t{seq}\t{body}"
        )?;
        if row.carried {
            writeln!(carried, "{county}\t{person}\t{id}\t{team}\t{lead}\tt")?;
            writeln!(told, "{county}\t{device}\t{person}\t4095\t0\t0")?;
        }
        if row.summed {
            writeln!(digest, "{county}\t{person}\t{object}\t\\\\x{id}\t1")?;
        }
    }
    let all =
        "county, id, seq, record, kind, op, person, object, device, author, stamp_raw, stamp, received, body";
    copy(db, "change", all, change).await?;
    copy(db, "caseload", "county, person, case_id, team, lead, open", carried).await?;
    copy(db, "told", "county, device, person, objects, leaving, pull", told).await?;
    copy(db, "digest", "county, person, object, sum, count", digest).await
}

async fn copy(db: &Client, table: &str, columns: &str, rows: String) -> anyhow::Result<()> {
    let mut sink = pin!(db.copy_in(&format!("copy {table} ({columns}) from stdin")).await?);
    sink.send(Bytes::from(rows)).await?;
    sink.finish().await?;
    Ok(())
}
