//! The open vault: one connection that writes, two that read, and those who want to know what changed.
//!
//! The readers are opened beside whatever follows an unlock; the first who reads waits for them.

use crate::database;
use crate::tx::{Tx, Writer};
use crate::vault::{self, VaultIds};
use crate::{Entropy, StoreError, Topic, UnlockError, kinds, meta};
use crypto::vault_key::DataKey;
use domain::HybridClock;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// A listener is told what a committed transaction made stale.
type Listener = Box<dyn Fn(&[Topic]) + Send + Sync>;

/// An open vault. Clones share it; [`Store::lock`] closes it for all of them.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    ids: VaultIds,
    writer: Mutex<Option<Writer>>,
    /// None where one connection in memory does everything.
    readers: Vec<Mutex<Reader>>,
    /// Opens them; has the key for as long.
    opening: Mutex<Option<JoinHandle<()>>>,
    next_reader: AtomicUsize,
    listeners: Mutex<Vec<Arc<Listener>>>,
    entropy: Entropy,
}

/// A connection that reads.
enum Reader {
    /// Not here yet, or it did not open: the writer reads in its place.
    Missing,
    Open(Connection),
    /// The vault is locked.
    Closed,
}

/// How many read beside the writer.
const READERS: usize = 2;

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.inner.ids.vault)
    }
}

impl Store {
    pub(crate) fn open(
        dir: &Path,
        key: &DataKey,
        salt: &[u8; 16],
        ids: &VaultIds,
    ) -> Result<Self, UnlockError> {
        let db = vault::open_writer(dir, key, salt)?;
        let store = Self::on(db, READERS, ids, Arc::new(crypto::secret::fill_random))?;
        let (inner, path) = (Arc::clone(&store.inner), vault::database_path(dir));
        let (key, salt) = (key.clone(), *salt);
        let open = move || {
            for reader in &inner.readers {
                let Ok(opened) = database::open_reader(&path, &key, &salt) else { return };
                *guard(reader) = Reader::Open(opened);
            }
        };
        let thread = std::thread::Builder::new().name("store-opening".to_owned()).spawn(open);
        *guard(&store.inner.opening) = thread.ok();
        Ok(store)
    }

    /// Waits until the readers are there, or will not be.
    fn opened(&self) {
        if let Some(opening) = guard(&self.inner.opening).take() {
            // A panic there leaves a reader that never comes.
            let _ = opening.join();
        }
    }

    pub(crate) fn on(
        db: Connection,
        readers: usize,
        ids: &VaultIds,
        entropy: Entropy,
    ) -> Result<Self, UnlockError> {
        let clock = HybridClock::after(meta::stamp(&db, meta::CLOCK)?);
        let inner = Inner {
            ids: ids.clone(),
            writer: Mutex::new(Some(Writer { db, clock })),
            readers: (0..readers).map(|_| Mutex::new(Reader::Missing)).collect(),
            opening: Mutex::new(None),
            next_reader: AtomicUsize::new(0),
            listeners: Mutex::new(Vec::new()),
            entropy,
        };
        let store = Self { inner: Arc::new(inner) };
        kinds::look_again(&store)?;
        Ok(store)
    }

    /// Whose vault this is.
    pub fn ids(&self) -> &VaultIds {
        &self.inner.ids
    }

    /// Closes the vault: waits for what is under way, then drops the connections and with them the key. Every clone
    /// answers [`StoreError::Locked`] from then on.
    pub fn lock(self) {
        // Dropped last, so that the log is merged into the database and removed.
        drop(self.close());
    }

    /// Closes the readers and gives the writer out.
    pub(crate) fn close(&self) -> Option<Writer> {
        self.opened();
        let writer = guard(&self.inner.writer).take();
        for reader in &self.inner.readers {
            *guard(reader) = Reader::Closed;
        }
        guard(&self.inner.listeners).clear();
        writer
    }

    /// Calls `listener` after every transaction that made something stale, on the thread that committed it. It must
    /// be quick and must not call back into the store.
    pub fn subscribe(&self, listener: impl Fn(&[Topic]) + Send + Sync + 'static) {
        guard(&self.inner.listeners).push(Arc::new(Box::new(listener)));
    }

    /// Reads on whichever reading connection is free next.
    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.inner.readers.is_empty() {
            return self.read_where_written(query);
        }
        self.opened();
        let free = self.inner.readers.iter().find_map(|reader| reader.try_lock().ok());
        let at = self.inner.next_reader.fetch_add(1, Ordering::Relaxed) % self.inner.readers.len();
        let reader = free.unwrap_or_else(|| guard(&self.inner.readers[at]));
        match &*reader {
            Reader::Open(reader) => query(reader),
            Reader::Closed => Err(StoreError::Locked),
            Reader::Missing => {
                drop(reader);
                self.read_where_written(query)
            }
        }
    }

    /// Reads on the writing connection: for much that is about to be written there, so that it is decrypted once.
    pub(crate) fn read_where_written<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let writer = guard(&self.inner.writer);
        query(&writer.as_ref().ok_or(StoreError::Locked)?.db)
    }

    /// One transaction, with one sync to disk, and then the listeners.
    pub(crate) fn transaction<'c, T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Tx<'_, 'c>) -> Result<T, E>,
    ) -> Result<T, E> {
        let _swept = crypto::secret::Swept;
        let mut writer = guard(&self.inner.writer);
        let Writer { db, clock } = writer.as_mut().ok_or(StoreError::Locked)?;
        let started =
            db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
        let mut tx = Tx::new(&started, &self.inner.ids, *clock, &self.inner.entropy);
        let done = work(&mut tx)?;
        let (after, topics) = tx.settle()?;
        started.commit().map_err(StoreError::from)?;
        *clock = after;
        drop(writer);
        self.tell(&topics);
        Ok(done)
    }

    /// Runs on the writing connection while nobody reads: for giving pages back.
    pub(crate) fn alone<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.opened();
        let writer = guard(&self.inner.writer);
        let _readers: Vec<_> = self.inner.readers.iter().map(guard).collect();
        work(&writer.as_ref().ok_or(StoreError::Locked)?.db)
    }

    /// Works on the writing connection itself; `None` where the vault is locked.
    pub(crate) fn on_writer<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> Option<T> {
        guard(&self.inner.writer).as_mut().map(|writer| work(&mut writer.db))
    }

    fn tell(&self, topics: &[Topic]) {
        if topics.is_empty() {
            return;
        }
        let listeners: Vec<Arc<Listener>> = guard(&self.inner.listeners).clone();
        for listener in listeners {
            listener(topics);
        }
    }
}

/// A thread that panicked left no half transaction behind, because dropping one rolls it back.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
