//! The embedded database: SQLite under SQLCipher, one file, nothing to install.
//!
//! One connection writes, so numbers become visible in commit order; a few others read beside it (WAL). All work on
//! them runs on blocking threads; only a county in memory ([`inline`]) works where it is asked.

mod accept;
mod archive;
mod audit;
mod auth;
mod caseload;
mod check;
mod concerned;
mod epoch;
mod feed;
mod imports;
mod inline;
mod known;
mod nonces;
pub mod open;
mod operations;
mod pull;
mod refold;
mod rest;
mod settled;
mod told;

use super::own::Own;
use super::settled::Settled;
use super::{County, DbError, Pool, Result};
use crypto::county::CountySecret;
use domain::{CountyId, Millis};
use prometheus_client::metrics::histogram::Histogram;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// How often commits are looked for.
const EVERY: std::time::Duration = std::time::Duration::from_millis(250);
/// How many connections read beside the writer.
const READERS: usize = 4;

/// The embedded database of one county.
#[derive(Clone)]
pub struct Sqlite {
    county: CountyId,
    writer: Arc<Mutex<Connection>>,
    /// None where one connection in memory does everything.
    readers: Option<Arc<Readers>>,
    settled: Settled,
    own: Own,
    nonces: Arc<nonces::Spent>,
    queue: Arc<Queue>,
}

/// Who waits for a connection, and how long it took.
struct Queue {
    writing: AtomicUsize,
    waiting: AtomicUsize,
    waits: Histogram,
}

impl Queue {
    fn new() -> Self {
        Self { writing: AtomicUsize::new(0), waiting: AtomicUsize::new(0), waits: super::waits() }
    }

    fn enter(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting { queue: self, since: Instant::now() }
    }

    fn write(&self) -> Writing<'_> {
        self.writing.fetch_add(1, Ordering::Relaxed);
        Writing(self)
    }
}

/// Waits until it is dropped, also by a request that was given up.
struct Waiting<'a> {
    queue: &'a Queue,
    since: Instant,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.queue.waiting.fetch_sub(1, Ordering::Relaxed);
        self.queue.waits.observe(self.since.elapsed().as_secs_f64());
    }
}

struct Writing<'a>(&'a Queue);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.writing.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Readers {
    idle: Mutex<Vec<Connection>>,
    turns: tokio::sync::Semaphore,
    /// Watches for commits, also of other processes; never used for anything else.
    watcher: Mutex<Connection>,
}

impl Sqlite {
    /// Makes a new county in `folder`.
    ///
    /// # Errors
    /// [`DbError::Exists`], or the disk.
    pub fn create(
        folder: &Path,
        secret: &CountySecret,
        name: &str,
        timezone: &str,
        now: Millis,
    ) -> Result<Self> {
        let path = folder.join(open::FILE);
        let connection = open::create(&path, secret)?;
        let id = CountyId::new(now, crypto::secret::random_bytes());
        let made = connection.execute(
            "insert into county (id, name, timezone, epoch, seq, last_stamp)
             select ?1, ?2, ?3, 1, 0, 0 where not exists (select 1 from county)",
            (id.bytes(), name, timezone),
        )?;
        // Somebody else came first.
        if made == 0 {
            return Err(DbError::Exists);
        }
        Self::from_writer(connection, &path, secret)
    }

    /// An empty database in `folder` for a county that comes from elsewhere.
    ///
    /// # Errors
    /// [`DbError::Exists`], or the disk.
    pub fn vacant(folder: &Path, secret: &CountySecret, county: CountyId) -> Result<Self> {
        let path = folder.join(open::FILE);
        let connection = open::create(&path, secret)?;
        Self::of_county(connection, county, &path, secret)
    }

    /// Opens the county in `folder` and brings its tables to this version.
    ///
    /// # Errors
    /// [`DbError::Missing`], [`DbError::WrongKey`], [`DbError::Migration`].
    pub fn open(folder: &Path, secret: &CountySecret) -> Result<Self> {
        let path = folder.join(open::FILE);
        Self::from_writer(open::open(&path, secret)?, &path, secret)
    }

    fn from_writer(writer: Connection, path: &Path, secret: &CountySecret) -> Result<Self> {
        let id = writer.query_row("select id from county", [], |row| row.get::<_, [u8; 16]>(0));
        let id = id.optional()?.ok_or(DbError::Missing)?;
        Self::of_county(writer, CountyId::from_bytes(id), path, secret)
    }

    fn of_county(writer: Connection, county: CountyId, path: &Path, secret: &CountySecret) -> Result<Self> {
        let readers = (0..READERS).map(|_| open::reader(path, secret)).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            county,
            writer: Arc::new(Mutex::new(writer)),
            readers: Some(Arc::new(Readers {
                turns: tokio::sync::Semaphore::new(readers.len()),
                idle: Mutex::new(readers),
                watcher: Mutex::new(open::reader(path, secret)?),
            })),
            settled: Settled::default(),
            own: Own::default(),
            nonces: Arc::default(),
            queue: Arc::new(Queue::new()),
        })
    }

    /// Which county it is.
    pub fn county_id(&self) -> CountyId {
        self.county
    }

    /// Runs `work` in one writing transaction; it is rolled back when `work` fails.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, CountyId) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (writer, county, queue) = (Arc::clone(&self.writer), self.county, Arc::clone(&self.queue));
        let write = move || {
            let waiting = queue.enter();
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            drop(waiting);
            let (_swept, _writing) = (crypto::secret::Swept, queue.write());
            write_once(&mut writer, county, work)
        };
        if self.readers.is_some() { blocking(write).await } else { write() }
    }

    /// Runs `work` in one reading transaction: everything it reads is of one moment.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, CountyId) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let Some(readers) = self.readers.clone() else { return self.read_inline(work) };
        let waiting = self.queue.enter();
        let _turn = readers.turns.acquire().await.map_err(|_| DbError::GivenUp)?;
        drop(waiting);
        let (readers, county) = (Arc::clone(&readers), self.county);
        blocking(move || {
            let idle = readers.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = idle.ok_or(DbError::Busy)?;
            let done = read_once(&mut connection, county, work);
            readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            done
        })
        .await
    }

    fn pool_state(&self) -> Pool {
        let readers = self.readers.as_ref();
        let reading = readers.map_or(0, |readers| READERS - readers.turns.available_permits());
        Pool {
            size: readers.map_or(1, |_| READERS + 1),
            busy: reading + self.queue.writing.load(Ordering::Relaxed),
            waiting: self.queue.waiting.load(Ordering::Relaxed),
        }
    }

    async fn data_version(&self) -> Result<i64> {
        let Some(readers) = self.readers.clone() else { return self.version_inline() };
        blocking(move || {
            let watcher = readers.watcher.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(watcher.query_row("pragma data_version", [], |row| row.get(0))?)
        })
        .await
    }
}

fn write_once<T>(
    writer: &mut Connection,
    county: CountyId,
    work: impl FnOnce(&Connection, CountyId) -> Result<T>,
) -> Result<T> {
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = work(&transaction, county)?;
    transaction.commit()?;
    Ok(done)
}

fn read_once<T>(
    connection: &mut Connection,
    county: CountyId,
    work: impl FnOnce(&Connection, CountyId) -> Result<T>,
) -> Result<T> {
    let transaction = connection.transaction()?;
    let done = work(&transaction, county)?;
    transaction.commit()?;
    Ok(done)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| DbError::GivenUp)?
}

fn county(connection: &Connection, county: CountyId) -> Result<County> {
    let mut find =
        connection.prepare_cached("select name, timezone, epoch, seq, imports from county where id = ?1")?;
    let row = find.query_row([county.bytes()], |row| {
        Ok(County {
            id: county,
            name: row.get(0)?,
            timezone: row.get(1)?,
            epoch: row.get(2)?,
            seq: row.get::<_, i64>(3)? as u64,
            imports: row.get(4)?,
        })
    });
    row.optional()?.ok_or(DbError::Missing)
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Busy,
            Some(rusqlite::ErrorCode::NotADatabase) => Self::WrongKey,
            _ => Self::Sqlite(error),
        }
    }
}
