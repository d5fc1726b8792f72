//! Gives a county's rows, and takes them into an empty database.

use crate::db::archive::{Batch, Kind, Part, ROWS, TABLES, Value};
use crate::db::{DbError, Result};
use domain::CountyId;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, ToSql};
use tokio::sync::mpsc::{Receiver, Sender};

/// What belongs to running processes.
const RUNNING: [&str; 1] = ["session"];

/// Sends every row, of one moment.
pub(super) fn export(c: &Connection, county: CountyId, to: &Sender<Part>) -> Result<()> {
    for (table, described) in TABLES.iter().enumerate() {
        let key = key(described.name);
        let sql = format!("select {} from {} where {key} = ?1", described.list(), described.name);
        let mut statement = c.prepare(&sql)?;
        let mut rows = statement.query([county.bytes()])?;
        let mut batch = Batch { table, rows: Vec::new() };
        while let Some(row) = rows.next()? {
            let kinds = described.columns.iter().enumerate();
            batch.rows.push(kinds.map(|(at, (_, kind))| value(row, at, *kind)).collect::<Result<_>>()?);
            if batch.rows.len() == ROWS {
                let full = std::mem::replace(&mut batch, Batch { table, rows: Vec::new() });
                to.blocking_send(Part::Rows(full)).map_err(|_| DbError::GivenUp)?;
            }
        }
        if !batch.rows.is_empty() {
            to.blocking_send(Part::Rows(batch)).map_err(|_| DbError::GivenUp)?;
        }
    }
    to.blocking_send(Part::End).map_err(|_| DbError::GivenUp)
}

/// Keeps every row that comes.
pub(super) fn import(
    c: &Connection,
    county: CountyId,
    mut from: Receiver<Part>,
    replace: bool,
) -> Result<()> {
    for table in TABLES.iter().map(|table| table.name).chain(RUNNING).filter(|_| replace) {
        c.execute(&format!("delete from {table} where {} = ?1", key(table)), [county.bytes()])?;
    }
    // Another one was made here since this place was found vacant.
    if c.query_row("select exists (select 1 from county where id <> ?1)", [county.bytes()], |row| row.get(0))?
    {
        return Err(DbError::Exists);
    }
    loop {
        let batch = match from.blocking_recv().ok_or(DbError::GivenUp)? {
            Part::Rows(batch) => batch,
            Part::End => return Ok(()),
        };
        let table = &TABLES[batch.table];
        let places: Vec<_> = (2..table.columns.len() + 2).map(|place| format!("?{place}")).collect();
        let sql = format!(
            "insert into {} ({}, {}) values (?1, {})",
            table.name,
            key(table.name),
            table.list(),
            places.join(", ")
        );
        let mut insert = c.prepare_cached(&sql)?;
        for row in batch.rows {
            let county = Value::Id(county.bytes());
            insert.execute(rusqlite::params_from_iter(std::iter::once(county).chain(row)))?;
        }
    }
}

/// The column that says which county.
fn key(table: &str) -> &'static str {
    if table == "county" { "id" } else { "county" }
}

fn value(row: &Row, at: usize, kind: Kind) -> Result<Value> {
    Ok(match (row.get_ref(at)?, kind) {
        (ValueRef::Null, _) => Value::Null,
        (_, Kind::Id) => Value::Id(row.get(at)?),
        (_, Kind::Number) => Value::Number(row.get(at)?),
        (_, Kind::Text) => Value::Text(row.get(at)?),
        (_, Kind::Bytes) => Value::Bytes(row.get(at)?),
        (_, Kind::Flag) => Value::Flag(row.get(at)?),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Id(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Value::Number(number) => ToSqlOutput::from(*number),
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Value::Flag(flag) => ToSqlOutput::from(*flag),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_table_and_no_column_stays_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        crate::db::sqlite::open::migrate(&mut connection).unwrap();
        let sql = "select t.name, c.name from sqlite_schema t join pragma_table_info(t.name) c
             where t.type = 'table' and t.name <> 'refinery_schema_history'";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let there: BTreeSet<(String, String)> = rows.collect::<rusqlite::Result<_>>().unwrap();
        let there = there.into_iter().filter(|(table, _)| !RUNNING.contains(&table.as_str()));
        let moves = TABLES.iter().flat_map(|table| {
            let columns = table.columns.iter().map(|(column, _)| *column).chain([key(table.name)]);
            columns.map(|column| (table.name.to_owned(), column.to_owned()))
        });
        assert_eq!(there.collect::<BTreeSet<_>>(), moves.collect());
    }
}
