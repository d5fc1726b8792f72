//! One encrypted database file, opened in one fixed order.
//!
//! The order matters. `cipher_memory_security` must come before the key, because memory given out earlier is not
//! wiped. The key is raw, so SQLCipher derives nothing. `cipher_version` is asserted, so that a build without
//! encryption can never write a plain file. `auto_vacuum` must come before the first table, or erased people's pages
//! could not be given back.

use crate::error::{StoreError, UnlockError};
use crypto::vault_key::DataKey;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use zeroize::Zeroizing;

/// How large the writer's page cache may grow, in KiB: bulk work is nearly twice as fast with it.
const CACHE_KIB: i32 = 64 * 1024;
/// And a reader's.
const READER_CACHE_KIB: i32 = 16 * 1024;
/// How many prepared statements a connection keeps.
pub(crate) const STATEMENTS: usize = 96;

/// Opens the one connection that writes, making the file where there is none.
pub(crate) fn open_writer(path: &Path, key: &DataKey, salt: &[u8; 16]) -> Result<Connection, UnlockError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut db = open(path, key, salt, flags, CACHE_KIB)?;
    migrate(&mut db)?;
    Ok(db)
}

/// Opens a connection that only reads.
pub(crate) fn open_reader(path: &Path, key: &DataKey, salt: &[u8; 16]) -> Result<Connection, UnlockError> {
    let db = open(path, key, salt, OpenFlags::SQLITE_OPEN_READ_WRITE, READER_CACHE_KIB)?;
    db.pragma_update(None, "query_only", true)?;
    Ok(db)
}

fn open(
    path: &Path,
    key: &DataKey,
    salt: &[u8; 16],
    flags: OpenFlags,
    cache_kib: i32,
) -> Result<Connection, UnlockError> {
    let turn = crypto::vault_key::opening();
    let db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Not to stderr: it would tell a log about every wrong key.
    db.execute_batch("pragma cipher_log_level = none; pragma cipher_memory_security = on;")?;
    let key = key.sqlcipher_key(salt);
    let mut pragma = Zeroizing::new(String::with_capacity(key.len() + 32));
    pragma.push_str("pragma key = \"");
    pragma.push_str(&key);
    pragma.push_str("\";");
    db.execute_batch(&pragma)?;
    db.pragma_update(None, "cipher_page_size", crypto::vault_key::PAGE)?;
    db.pragma_update(None, "cipher_hmac_algorithm", crypto::vault_key::PAGE_MAC)?;
    let version: String = db.query_row("pragma cipher_version", [], |row| row.get(0)).unwrap_or_default();
    drop(turn);
    if version.is_empty() {
        return Err(UnlockError::Damaged);
    }
    let _: i64 = db.query_row("select count(*) from sqlite_master", [], |row| row.get(0))?;
    db.execute_batch(
        "pragma auto_vacuum = incremental;
         pragma journal_mode = wal;
         pragma synchronous = full;
         pragma temp_store = memory;
         pragma cell_size_check = on;
         pragma mmap_size = 0;
         pragma trusted_schema = off;
         pragma secure_delete = on;
         pragma wal_autocheckpoint = 2000;
         pragma journal_size_limit = 16777216;
         pragma foreign_keys = on;",
    )?;
    #[cfg(target_vendor = "apple")]
    db.execute_batch("pragma fullfsync = 1; pragma checkpoint_fullfsync = 1;")?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    steady(&db)?;
    db.pragma_update(None, "cache_size", -cache_kib)?;
    db.busy_timeout(std::time::Duration::from_secs(10))?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(db)
}

/// Plans follow from a statement alone. Where the planner looks at bound values, such as how many rows are asked for, it
/// makes the statement anew whenever they are bound: at every page of a list.
pub(crate) fn steady(db: &Connection) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

/// Every migration, oldest first. A landed one is never edited.
const MIGRATIONS: [(&str, &str); 1] =
    [("V1__vault", include_str!("../../../migrations/device/V1__vault.sql"))];

pub(crate) fn migrate(db: &mut Connection) -> Result<(), UnlockError> {
    let known: Result<Vec<_>, _> =
        MIGRATIONS.iter().map(|(name, sql)| refinery::Migration::unapplied(name, sql)).collect();
    let known = known.map_err(|_| UnlockError::Damaged)?;
    let newest = known.last().map_or(0, |migration| i64::from(migration.version()));
    let started: bool = db.query_row(
        "select exists (select 1 from sqlite_master where name = 'refinery_schema_history')",
        [],
        |row| row.get(0),
    )?;
    if started {
        let applied: Option<i64> =
            db.query_row("select max(version) from refinery_schema_history", [], |row| row.get(0))?;
        match applied.unwrap_or(0) {
            version if version > newest => return Err(UnlockError::TooNew),
            version if version == newest => return Ok(()),
            _ => {}
        }
    }
    let run = refinery::Runner::new(&known).run(db);
    run.map(|_| ()).map_err(|error| match error.kind() {
        refinery::error::Kind::Connection(_, source) => match source.downcast_ref::<rusqlite::Error>() {
            Some(rusqlite::Error::SqliteFailure(failure, _))
                if failure.code == rusqlite::ErrorCode::DiskFull =>
            {
                UnlockError::DiskFull
            }
            _ => UnlockError::Damaged,
        },
        _ => UnlockError::Damaged,
    })
}

/// Gives erased pages back to the device and empties the log file, so that nothing erased stays in either.
pub(crate) fn wipe_free_pages(db: &Connection) -> Result<(), StoreError> {
    // One step of this statement gives back one page.
    let mut vacuum = db.prepare_cached("pragma incremental_vacuum")?;
    let mut pages = vacuum.query([])?;
    while pages.next()?.is_some() {}
    drop(pages);
    db.execute_batch("pragma wal_checkpoint(truncate);")?;
    Ok(())
}
