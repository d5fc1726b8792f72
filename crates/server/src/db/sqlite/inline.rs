//! A county in memory that works where it is asked, without threads: for simulations, which decide themselves what
//! happens when.
//!
//! Several [`Sqlite`]s on one connection stand for several server processes: each has its own memory, and what one
//! commits the others see.

use super::{Connection, DbError, Queue, Result, Sqlite, open, read_once};
use crate::db::own::Own;
use crate::db::settled::Settled;
use domain::CountyId;
use rusqlite::OptionalExtension;
use std::sync::{Arc, Mutex, PoisonError};

impl Sqlite {
    /// Makes a county's tables on an empty connection.
    ///
    /// # Errors
    /// The database's.
    pub fn create_inline(
        connection: &mut Connection,
        id: CountyId,
        name: &str,
        timezone: &str,
    ) -> Result<()> {
        open::migrate(connection)?;
        connection.execute(
            "insert into county (id, name, timezone, epoch, seq, last_stamp) values (?1, ?2, ?3, 1, 0, 0)",
            (id.bytes(), name, timezone),
        )?;
        Ok(())
    }

    /// A process of the county on this connection. Nobody else may hold the connection while it is asked.
    ///
    /// # Errors
    /// [`DbError::Missing`] when there is no county on it.
    pub fn inline(connection: &Arc<Mutex<Connection>>) -> Result<Self> {
        let held = connection.lock().unwrap_or_else(PoisonError::into_inner);
        held.set_prepared_statement_cache_capacity(512);
        open::steady(&held)?;
        let id = held.query_row("select id from county", [], |row| row.get::<_, [u8; 16]>(0));
        let county = CountyId::from_bytes(id.optional()?.ok_or(DbError::Missing)?);
        drop(held);
        let (writer, settled, own) = (Arc::clone(connection), Settled::default(), Own::default());
        let (nonces, queue) = (Arc::default(), Arc::new(Queue::new()));
        Ok(Self { county, writer, readers: None, settled, own, nonces, queue })
    }

    /// Reads in one transaction, here and now.
    pub(super) fn read_inline<T>(&self, work: impl FnOnce(&Connection, CountyId) -> Result<T>) -> Result<T> {
        let mut connection = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        read_once(&mut connection, self.county, work)
    }

    /// Changes with every row written.
    pub(super) fn version_inline(&self) -> Result<i64> {
        let connection = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(connection.total_changes() as i64)
    }
}
