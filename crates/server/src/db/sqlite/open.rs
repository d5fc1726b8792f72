//! Opens the encrypted database in the one safe order, and brings its tables to this version.

use crate::db::{DbError, Result};
use crate::files::write_private;
use crypto::county::CountySecret;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::io::{ErrorKind, Read};
use std::path::Path;
use zeroize::Zeroizing;

mod embedded {
    refinery::embed_migrations!("../../migrations/county/sqlite");
}

/// The name of the database in the data folder.
pub const FILE: &str = "county.db";

/// Memory for decrypted pages, in KiB, of the writer and of each reader.
const CACHE_KIB: u32 = 64 * 1024;
const READER_CACHE_KIB: u32 = 24 * 1024;
/// So many pages of the log, 4 MiB, are brought into the database at once.
const LOG_PAGES: u32 = 500;

/// Creates the file and its tables, or goes on with one in which nobody has made a county.
///
/// # Errors
/// [`DbError::Exists`] when there is one already.
pub fn create(path: &Path, secret: &CountySecret) -> Result<Connection> {
    if path.exists() {
        if !is_vacant(path, secret) {
            return Err(DbError::Exists);
        }
        if std::fs::metadata(path).is_ok_and(|file| file.len() > 0) {
            return open(path, secret);
        }
    } else if write_private(path, &[]).is_err_and(|error| error.kind() == ErrorKind::AlreadyExists) {
        // Somebody else came first. Why there cannot be one at all, SQLite says; it gives its log the permissions that
        // the database has.
        return Err(DbError::Exists);
    }
    let salt: [u8; 16] = crypto::secret::random_bytes();
    let mut connection = connect(path, &secret.database_key().sqlcipher_key(&salt), true)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Whether a file holds no county: making or restoring one was cut off there before it was whole. Of a file that does
/// not open nobody knows, so it is taken for one that does.
pub fn is_vacant(path: &Path, secret: &CountySecret) -> bool {
    let look = || -> Result<bool> {
        if std::fs::metadata(path).is_ok_and(|file| file.len() == 0) {
            return Ok(true);
        }
        let c = reader(path, secret)?;
        let made: bool = c.query_row(
            "select exists (select 1 from sqlite_master where type = 'table' and name = 'county')",
            [],
            |row| row.get(0),
        )?;
        Ok(!made || !c.query_row("select exists (select 1 from county)", [], |row| row.get::<_, bool>(0))?)
    };
    look().unwrap_or(false)
}

/// Opens the writing connection and brings the tables to this version.
///
/// # Errors
/// [`DbError::Missing`], [`DbError::WrongKey`], [`DbError::Migration`].
pub fn open(path: &Path, secret: &CountySecret) -> Result<Connection> {
    let key = key_of(path, secret)?;
    let mut connection = connect(path, &key, true)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Opens a connection that only reads.
///
/// # Errors
/// As [`open`].
pub fn reader(path: &Path, secret: &CountySecret) -> Result<Connection> {
    connect(path, &key_of(path, secret)?, false)
}

/// The version of the tables that this program brings a database to.
pub fn newest_schema() -> u32 {
    let all = embedded::migrations::runner();
    all.get_migrations().iter().map(|migration| migration.version()).max().unwrap_or(0) as u32
}

/// The version of the tables as they are: the newest migration that was run.
pub(super) fn version(c: &Connection) -> Result<u32> {
    let sql = "select coalesce(max(version), 0) from refinery_schema_history";
    Ok(c.query_row(sql, [], |row| row.get(0))?)
}

/// SQLCipher keeps the salt in the first sixteen bytes of the file.
fn key_of(path: &Path, secret: &CountySecret) -> Result<Zeroizing<String>> {
    let mut salt = [0; 16];
    let mut file = std::fs::File::open(path).map_err(|_| DbError::Missing)?;
    file.read_exact(&mut salt).map_err(|_| DbError::Missing)?;
    Ok(secret.database_key().sqlcipher_key(&salt))
}

fn connect(path: &Path, key: &str, writes: bool) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let flags = if path.exists() { flags } else { flags | OpenFlags::SQLITE_OPEN_CREATE };
    let turn = crypto::vault_key::opening();
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(20))?;
    // SQLCipher would write lines of its own between ours; what it has to say, an error says.
    connection.pragma_update(None, "cipher_log_level", "NONE")?;
    // Wiping of freed memory must be on before there is a key to wipe.
    connection.pragma_update(None, "cipher_memory_security", "ON")?;
    connection.pragma_update(None, "key", key)?;
    connection.pragma_update(None, "cipher_hmac_algorithm", crypto::vault_key::PAGE_MAC)?;
    connection.pragma_update(None, "cipher_page_size", crypto::vault_key::PAGE)?;
    let cipher: String = connection.query_row("pragma cipher_version", [], |row| row.get(0))?;
    drop(turn);
    // A build without SQLCipher would take the key in silence and write plain text.
    if cipher.is_empty() {
        return Err(DbError::WrongKey);
    }
    connection
        .query_row("select count(*) from sqlite_master", [], |row| row.get::<_, i64>(0))
        .map_err(|_| DbError::WrongKey)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    steady(&connection)?;
    connection.pragma_update(None, "cell_size_check", "ON")?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let cache = if writes { CACHE_KIB } else { READER_CACHE_KIB };
    connection.pragma_update(None, "cache_size", -i64::from(cache))?;
    if writes {
        connection.query_row("pragma journal_mode = wal", [], |row| row.get::<_, String>(0))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    } else {
        connection.pragma_update(None, "query_only", "ON")?;
    }
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// Plans follow from a statement alone. Where the planner looks at bound values, such as how many rows are asked for, it
/// makes the statement anew whenever they are bound.
pub(super) fn steady(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    embedded::migrations::runner()
        .set_abort_divergent(true)
        .set_abort_missing(true)
        .run(connection)
        .map(|_| ())
        .map_err(|error| DbError::Migration(Box::new(error)))
}
