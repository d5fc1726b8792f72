//! Gives a county's rows, and takes them into a database that has none of it.

use super::text;
use super::transaction::{Param, Tx};
use crate::db::archive::{Batch, Kind, Part, ROWS, TABLES, Table, Value};
use crate::db::{DbError, Result};
use futures_util::TryStreamExt;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// What belongs to running processes.
const RUNNING: [&str; 2] = ["session", "nonce"];

/// Sends every row, of one moment.
pub(super) async fn export(tx: &Tx, to: Sender<Part>) -> Result<()> {
    for (table, described) in TABLES.iter().enumerate() {
        let sql = format!("select {} from {} where county = $1", described.list(), described.name);
        let rows = tx.stream(&sql, &[&tx.county.0]).await?;
        let mut chunks = Box::pin(rows.map_err(DbError::from).try_chunks(ROWS));
        while let Some(rows) = chunks.try_next().await.map_err(|error| error.1)? {
            let row = |row: &Row| {
                let kinds = described.columns.iter().enumerate();
                kinds.map(|(at, (_, kind))| value(row, at, *kind)).collect::<Result<Vec<_>>>()
            };
            let rows = rows.iter().map(row).collect::<Result<Vec<_>>>()?;
            to.send(Part::Rows(Batch { table, rows })).await.map_err(|_| DbError::GivenUp)?;
        }
    }
    to.send(Part::End).await.map_err(|_| DbError::GivenUp)
}

/// Keeps every row that comes.
pub(super) async fn import(tx: &Tx, mut from: Receiver<Part>, replace: bool) -> Result<()> {
    for table in TABLES.iter().map(|table| table.name).chain(RUNNING).filter(|_| replace) {
        tx.execute(&format!("delete from {table} where county = $1"), &[&tx.county.0]).await?;
    }
    loop {
        let batch = match from.recv().await.ok_or(DbError::GivenUp)? {
            Part::Rows(batch) => batch,
            Part::End => return Ok(()),
        };
        let table = &TABLES[batch.table];
        let columns = columns(table, batch.rows);
        let mut params: Vec<Param<'_>> = vec![&tx.county.0];
        params.extend(columns.iter().map(|column| column.as_ref() as Param<'_>));
        tx.execute(&insert(table), &params).await?;
    }
}

fn insert(table: &Table) -> String {
    let list = table.list();
    let places =
        table.columns.iter().enumerate().map(|(at, (_, kind))| format!("${}::{}[]", at + 2, sql(*kind)));
    let places = places.collect::<Vec<_>>().join(", ");
    format!(
        "insert into {} (county, {list}) select $1, {list} from unnest({places}) as n ({list})",
        table.name
    )
}

fn sql(kind: Kind) -> &'static str {
    match kind {
        Kind::Id => "uuid",
        Kind::Number => "bigint",
        Kind::Text => "text",
        Kind::Bytes => "bytea",
        Kind::Flag => "boolean",
    }
}

/// The rows by column: each is one parameter.
fn columns(table: &Table, rows: Vec<Vec<Value>>) -> Vec<Box<dyn ToSql + Sync + Send>> {
    let mut columns: Vec<Vec<Value>> = table.columns.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        row.into_iter().zip(&mut columns).for_each(|(value, column)| column.push(value));
    }
    let kinds = table.columns.iter().map(|(_, kind)| *kind);
    columns.into_iter().zip(kinds).map(|(values, kind)| column(values, kind)).collect()
}

fn column(values: Vec<Value>, kind: Kind) -> Box<dyn ToSql + Sync + Send> {
    let values = values.into_iter();
    match kind {
        Kind::Id => Box::new(
            values
                .map(|value| if let Value::Id(id) = value { Some(Uuid::from_bytes(id)) } else { None })
                .collect::<Vec<_>>(),
        ),
        Kind::Number => Box::new(
            values
                .map(|value| if let Value::Number(number) = value { Some(number) } else { None })
                .collect::<Vec<_>>(),
        ),
        Kind::Text => Box::new(
            values
                .map(|value| if let Value::Text(was) = value { Some(text(&was)) } else { None })
                .collect::<Vec<_>>(),
        ),
        Kind::Bytes => Box::new(
            values
                .map(|value| if let Value::Bytes(bytes) = value { Some(bytes) } else { None })
                .collect::<Vec<_>>(),
        ),
        Kind::Flag => Box::new(
            values
                .map(|value| if let Value::Flag(flag) = value { Some(flag) } else { None })
                .collect::<Vec<_>>(),
        ),
    }
}

fn value(row: &Row, at: usize, kind: Kind) -> Result<Value> {
    let value = match kind {
        Kind::Id => row.try_get::<_, Option<Uuid>>(at)?.map(|id| Value::Id(id.into_bytes())),
        Kind::Number => row.try_get::<_, Option<i64>>(at)?.map(Value::Number),
        Kind::Text => row.try_get::<_, Option<String>>(at)?.map(Value::Text),
        Kind::Bytes => row.try_get::<_, Option<Vec<u8>>>(at)?.map(Value::Bytes),
        Kind::Flag => row.try_get::<_, Option<bool>>(at)?.map(Value::Flag),
    };
    Ok(value.unwrap_or(Value::Null))
}
