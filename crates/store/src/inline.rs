//! A store in memory, without a vault around it: for simulations, which bring time and randomness along and decide
//! themselves when a device crashes.
//!
//! Tables and code are the real ones. What is missing is what belongs to a file: its key, its slots, its readers.

use crate::store::Store;
use crate::{UnlockError, VaultIds, database};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::sync::Arc;

/// How many prepared statements a connection keeps: every one, because it may be used by one simulated device after the
/// other.
const STATEMENTS: usize = 512;

/// Fills bytes with randomness, for new ids and for what is sealed to the county.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

impl Store {
    /// Makes a device's tables on an empty connection.
    ///
    /// # Errors
    /// The database's.
    pub fn create_inline(db: &mut Connection) -> Result<(), UnlockError> {
        db.execute_batch("pragma auto_vacuum = incremental;")?;
        database::migrate(db)
    }

    /// Opens a store on a connection that has its tables, as after a start of the app.
    ///
    /// # Errors
    /// The database's.
    pub fn inline(db: Connection, ids: &VaultIds, entropy: Entropy) -> Result<Self, UnlockError> {
        // Not by a pragma: that has every prepared statement made anew.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
        database::steady(&db)?;
        db.execute_batch("pragma temp_store = memory;")?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        Self::on(db, 0, ids, entropy)
    }

    /// Works on the connection itself: for whoever puts faults into it. None where the store is closed.
    pub fn on_connection<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> Option<T> {
        self.on_writer(work)
    }

    /// Ends the store as a crash does: everything above the database is gone, and the database is given back.
    pub fn crash(self) -> Option<Connection> {
        self.close().map(|writer| writer.db)
    }
}
