//! Databases that are used by one run after the other. Preparing the statements of four devices and a county anew was a
//! fifth of a run, so a run leaves its connections to the next one, made empty and filled as they were at first.
//!
//! A run must not notice: what is stored, and in which pages, follows from the reset alone, and what a connection keeps
//! in memory are prepared statements, which fuses do not count by (see [`crate::side::Fuse`]).

use rusqlite::types::Value;
use rusqlite::{Connection, MAIN_DB, params_from_iter};
use std::sync::{Mutex, PoisonError};

/// What a kind of database is at the start of a run, and connections to some that are like that.
pub struct Spare {
    bytes: Vec<u8>,
    /// Empties every table.
    empty: String,
    /// Rows of each table, with the statement that puts them back.
    rows: Vec<(String, Vec<Vec<Value>>)>,
    left: Mutex<Vec<Connection>>,
}

impl Spare {
    /// Of databases like this one.
    pub fn like(connection: &mut Connection) -> Self {
        let bytes = connection.serialize(MAIN_DB).unwrap().to_vec();
        let sql =
            "select name, type from pragma_table_list where schema = 'main' and name not like 'sqlite_%'
                     and name <> 'refinery_schema_history' order by name";
        let mut tables = connection.prepare(sql).unwrap();
        let tables = tables.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let (mut empty, mut rows) = (String::new(), Vec::new());
        for (name, kind) in tables.map(Result::<(String, String), _>::unwrap) {
            match kind.as_str() {
                "table" => {
                    empty += &format!("delete from {name};");
                    rows.push(all(connection, &name));
                }
                // Without content of its own there is nothing to make the index of anew.
                "virtual" if name == "search_notes" => {
                    empty += &format!("insert into {name} ({name}) values ('delete-all');");
                }
                "virtual" => {
                    empty += &format!(
                        "delete from {name}_content; insert into {name} ({name}) values ('rebuild');"
                    );
                }
                _ => {}
            }
        }
        rows.retain(|(_, rows): &(String, Vec<_>)| !rows.is_empty());
        Self { bytes, empty, rows, left: Mutex::default() }
    }

    /// A database as it was at the start.
    pub fn take(&self) -> Connection {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner).pop();
        left.unwrap_or_else(|| {
            let connection = opened(&self.bytes);
            // The first run that uses it finds what the second will.
            self.reset(&connection);
            connection
        })
    }

    /// Takes a database back.
    pub fn leave(&self, mut connection: Connection) {
        connection.progress_handler(0, None::<fn() -> bool>).unwrap();
        connection.commit_hook(None::<fn() -> bool>).unwrap();
        if !connection.is_autocommit() {
            connection.execute_batch("rollback").unwrap();
        }
        self.reset(&connection);
        self.left.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    fn reset(&self, connection: &Connection) {
        connection.execute_batch(&format!("begin; {}", self.empty)).unwrap();
        for (insert, rows) in &self.rows {
            let mut insert = connection.prepare_cached(insert).unwrap();
            for row in rows {
                insert.execute(params_from_iter(row)).unwrap();
            }
        }
        // Emptied pages are given back first, so that what comes next lies where it lay before.
        connection.execute_batch("commit; pragma incremental_vacuum;").unwrap();
    }
}

/// A database as it was serialized.
pub fn opened(bytes: &[u8]) -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.deserialize_read_exact(MAIN_DB, bytes, bytes.len(), false).unwrap();
    connection
}

/// The rows of a table, and what puts one back.
fn all(connection: &Connection, table: &str) -> (String, Vec<Vec<Value>>) {
    let mut query = connection.prepare(&format!("select * from {table}")).unwrap();
    let names: Vec<String> = query.column_names().map(|name| format!("\"{name}\"")).collect();
    let marks = vec!["?"; names.len()].join(", ");
    let rows = query.query_map([], |row| (0..names.len()).map(|at| row.get(at)).collect());
    let rows = rows.unwrap().map(Result::unwrap).collect();
    (format!("insert into {table} ({}) values ({marks})", names.join(", ")), rows)
}
