//! A device: its database, the app on top of it while it runs, and a sync while one is under way.

use crate::bugs::Bug;
use crate::chance::{Chance, entropy};
use crate::database::Disk;
use crate::ledger::{Book, Said};
use crate::line::Line;
use crate::side::{Ended, Fuse, Plan, Side};
use crate::town;
use crate::work::Worker;
use domain::codes::{CodeList, Role};
use domain::{ChangeId, Millis};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use store::{Entropy, Store};
use sync::engine::{self, Report, SyncError, run_over};

type Sync = Pin<Box<dyn Future<Output = Result<Report, SyncError<Ended>>>>>;

pub struct Device {
    pub n: usize,
    pub store: Store,
    pub worker: Worker,
    /// The device's clock minus the true time.
    pub offset: i64,
    pub fuse: Fuse,
    pub line: Line,
    /// What its app has learned about the line since it was started.
    learned: Arc<Mutex<engine::Line>>,
    pub plan: Arc<Mutex<Plan>>,
    pub cut_up: bool,
    pub cut_down: bool,
    pub revoked: bool,
    sync: Option<Sync>,
    /// Whether the sync has been started and not yet been polled.
    fresh: bool,
    entropy: Entropy,
    bug: Option<Bug>,
}

impl Device {
    pub fn new(n: usize, chance: &mut Chance, bug: Option<Bug>) -> Self {
        let entropy = entropy(chance.split());
        let mut connection = town::town().device.take();
        let fuse = Fuse::default();
        fuse.fit(&mut connection);
        let newer = chance.percent(30);
        let worker = Worker {
            n,
            role: Role::from_code(town::STAFF[town::OWNERS[n]].0),
            clock: Arc::new(AtomicI64::new(town::START.0)),
            poison: Arc::default(),
            doubtful: Arc::default(),
            newer,
            older: !newer && chance.percent(20),
        };
        let store = Store::inline(connection, &town::ids(n), Arc::clone(&entropy)).unwrap();
        Self {
            n,
            store,
            worker,
            offset: 0,
            fuse,
            line: Line::default(),
            learned: Arc::default(),
            plan: Arc::default(),
            cut_up: false,
            cut_down: false,
            revoked: false,
            sync: None,
            fresh: false,
            entropy,
            bug,
        }
    }

    pub fn set_time(&self, now: Millis) {
        self.worker.clock.store(now.plus(self.offset).0, Ordering::Relaxed);
    }

    pub fn syncing(&self) -> bool {
        self.sync.is_some()
    }

    /// Starts a sync, as the network, a timer or a pull gesture does.
    pub fn start(&mut self, book: &Book, disk: &Disk) {
        let side = Side {
            inner: self.store.local_side(),
            store: self.store.clone(),
            worker: self.worker.clone(),
            book: book.clone(),
            plan: Arc::clone(&self.plan),
            bug: self.bug,
            disk: disk.clone(),
            offered: false,
        };
        *self.plan.lock().unwrap() = Plan::default();
        self.fresh = true;
        let (line, clock) = (self.line.clone(), Arc::clone(&self.worker.clock));
        let learned = Arc::clone(&self.learned);
        self.sync = Some(Box::pin(async move {
            let (mut side, mut line) = (side, line);
            let mut known = std::mem::take(&mut *learned.lock().unwrap());
            let now = || Millis(clock.load(Ordering::Relaxed));
            let ended = run_over(&mut known, &mut side, &mut line, "sim", now, |_| {}).await;
            *learned.lock().unwrap() = known;
            ended
        }));
    }

    /// Goes on with the sync until it has to wait; its end, if it has come to one.
    pub fn poll(&mut self) -> Option<Result<Report, SyncError<Ended>>> {
        let sync = self.sync.as_mut()?;
        self.fresh = false;
        match sync.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(ended) => {
                self.sync = None;
                Some(ended)
            }
            Poll::Pending => None,
        }
    }

    /// Whether polling would do something.
    pub fn can_go_on(&self) -> bool {
        let end = self.line.0.lock().unwrap();
        let news = match end.begun {
            Some(Ok(())) => !end.arrived.is_empty(),
            Some(Err(_)) => true,
            None => false,
        };
        self.sync.is_some() && (self.fresh || news)
    }

    /// Whether it waits for the county.
    pub fn waits(&self) -> bool {
        self.sync.is_some() && !self.fresh
    }

    /// Looks into the database of the device; the app dies of it.
    pub fn look<T>(&mut self, look: impl FnOnce(&rusqlite::Connection) -> T) -> T {
        self.stop();
        let connection = self.store.clone().crash().unwrap();
        if !connection.is_autocommit() {
            // It died in the middle of beginning.
            connection.execute_batch("rollback").unwrap();
        }
        let seen = look(&connection);
        self.store = Store::inline(connection, &town::ids(self.n), Arc::clone(&self.entropy)).unwrap();
        seen
    }

    /// The app dies and is started again: what was not committed is gone, and everything above the database.
    ///
    /// What had been committed when it died was said, though nobody was told so.
    pub fn crash(&mut self, book: &Book) {
        let doubtful = std::mem::take(&mut *self.worker.doubtful.lock().unwrap());
        let kept = self.look(|db| {
            let mut find = db.prepare_cached("select exists (select 1 from change where id = ?1)").unwrap();
            let mut is_kept =
                |id: &ChangeId| find.query_row([id.bytes()], |row| row.get::<_, bool>(0)).unwrap();
            doubtful.into_iter().filter(|id| is_kept(id)).collect::<Vec<_>>()
        });
        book.open().said.extend(kept.into_iter().map(|id| (id, Said { device: self.n })));
    }

    /// Leaves its database to the next run.
    pub fn end(mut self) {
        self.stop();
        let connection = self.store.clone().crash();
        connection.into_iter().for_each(|connection| town::town().device.leave(connection));
    }

    /// The app will die after so many steps of its database.
    pub fn light(&self, steps: i64) {
        self.store.on_connection(|connection| self.fuse.light(connection, steps));
    }

    pub fn put_out(&self) {
        if self.fuse.put_out() {
            self.store.on_connection(Fuse::take_out);
        }
    }

    fn stop(&mut self) {
        self.sync = None;
        self.learned = Arc::default();
        self.put_out();
        let mut end = self.line.0.lock().unwrap();
        (end.request, end.begun) = (None, None);
        end.arrived.clear();
        end.number += 1;
    }
}
