//! Sync that needs nobody's attention.
//!
//! One task runs while a vault is unlocked. It syncs after every save, when the county says that something changed,
//! when somebody pulls, and every few minutes; when the county cannot be reached it tries again with growing, jittered
//! pauses. A second task keeps the county's event line open; that the line breaks is how the device learns
//! that the network has gone, and that it opens again, that it has returned.

use crate::county::County;
use crate::{Clock, VERSION};
use domain::Millis;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use sync::engine::{self, Progress, Report, SyncError};
use sync::ports::{Local, RemoteError};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// With nothing to say and nothing heard, a sync this often: a lost event costs no more than that.
const EVERY: Duration = Duration::from_secs(180);
/// An answer may make more sendable: what waited for a record that was accepted now, the drafts about somebody who
/// leaves. So many times a sync is followed by another for that; what is left then waits for its turn.
const AGAIN: u32 = 3;
/// How many notes are made searchable in one transaction.
const NOTES_AT_ONCE: usize = 500;
/// The first pause after a failure, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// The longest pause before the event line is tried again: the return of the network is noticed within seconds, and
/// a try at a county that is out of reach burdens nobody.
const LONGEST_SILENCE: Duration = Duration::from_secs(6);

/// What the syncer is doing, for the screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Doing {
    /// Whether a sync is under way.
    pub running: bool,
    /// Why the last one stopped early.
    pub trouble: Option<RemoteError>,
    /// The device's own side failed: a code.
    pub local_trouble: Option<String>,
    /// How far a long one has come.
    pub progress: Progress,
    /// How many have ended, well or not.
    pub ended: u64,
}

/// The running tasks; dropping it ends them.
pub struct Syncer {
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

struct Shared {
    store: Store,
    county: Arc<County>,
    clock: Clock,
    wake: Notify,
    doing: watch::Sender<Doing>,
    tell: Box<dyn Fn() + Send + Sync>,
}

impl Syncer {
    /// Starts both tasks on the current runtime. `tell` is called whenever [`Syncer::doing`] changes.
    pub fn start(
        store: Store,
        county: Arc<County>,
        clock: Clock,
        tell: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            store,
            county,
            clock,
            wake: Notify::new(),
            doing: watch::Sender::default(),
            tell: Box::new(tell),
        });
        let tasks = [tokio::spawn(work(Arc::clone(&shared))), tokio::spawn(listen(Arc::clone(&shared)))];
        shared.wake.notify_one();
        Self { shared, tasks }
    }

    /// Syncs soon.
    pub fn wake(&self) {
        self.shared.wake.notify_one();
    }

    /// What it is doing now.
    pub fn doing(&self) -> Doing {
        self.shared.doing.borrow().clone()
    }

    /// Syncs now and waits for the end of it.
    pub async fn now(&self) -> Doing {
        let mut doing = self.shared.doing.subscribe();
        // A sync that is under way may have looked at the outbox already: the one after it is the one to wait for.
        let ends = doing.borrow().ended + if doing.borrow().running { 2 } else { 1 };
        self.shared.wake.notify_one();
        let _ = doing.wait_for(|now| now.ended >= ends).await;
        self.doing()
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn work(shared: Arc<Shared>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let failed = {
            let doing = shared.doing.borrow();
            doing.trouble.is_some() || doing.local_trouble.is_some()
        };
        let wait = if failed { jitter(pause) } else { EVERY };
        let _ = tokio::time::timeout(wait, shared.wake.notified()).await;
        shared.set(|doing| *doing = Doing { running: true, ended: doing.ended, ..Doing::default() });
        let one = Arc::clone(&shared);
        let handle = tokio::runtime::Handle::current();
        // The store's work is disk work: it has a thread of its own.
        let result = tokio::task::spawn_blocking(move || handle.block_on(one.once())).await;
        let Ok(result) = result else { continue };
        pause = if result.is_ok() { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        shared.set(|doing| {
            let ended = doing.ended + 1;
            *doing = match result {
                Ok(_) => Doing { ended, ..Doing::default() },
                Err(SyncError::Remote(trouble)) => {
                    Doing { trouble: Some(trouble), ended, ..Doing::default() }
                }
                Err(SyncError::Local(error)) => {
                    Doing { local_trouble: Some(crate::Error::from(error).code), ended, ..Doing::default() }
                }
            };
        });
    }
}

impl Shared {
    async fn once(&self) -> Result<Report, SyncError<store::StoreError>> {
        let mut local = self.store.local_side();
        let mut remote = &*self.county;
        let clock = || (self.clock)();
        let progress = |progress| self.set(|doing| doing.progress = progress);
        let mut report = engine::run(&mut local, &mut remote, VERSION, clock, progress).await?;
        for _ in 0..AGAIN {
            if local.outbox(1, usize::MAX, clock()).map_err(SyncError::Local)?.lines.is_empty() {
                break;
            }
            report = engine::run(&mut local, &mut remote, VERSION, clock, progress).await?;
        }
        self.index_notes()?;
        Ok(report)
    }

    /// Notes become searchable after they arrived, in small transactions between which saves go through.
    fn index_notes(&self) -> Result<(), SyncError<store::StoreError>> {
        while self.store.index_notes(NOTES_AT_ONCE).map_err(SyncError::Local)? > 0 {}
        Ok(())
    }

    fn set(&self, change: impl FnOnce(&mut Doing)) {
        self.doing.send_modify(change);
        (self.tell)();
    }
}

/// Keeps the event line open and wakes the syncer at every word on it, and whenever it opens again.
async fn listen(shared: Arc<Shared>) {
    let mut pause = FIRST_PAUSE;
    loop {
        if let Ok(mut line) = shared.county.events().await {
            pause = FIRST_PAUSE;
            shared.wake.notify_one();
            while let Ok(Some(bytes)) = line.chunk().await {
                // Keep-alive comments start with a colon; everything else says that something changed.
                if bytes
                    .split(|byte| *byte == b'\n')
                    .any(|line| line.starts_with(b"event:") || line.starts_with(b"data:"))
                {
                    shared.wake.notify_one();
                }
            }
            // The line broke. Trying at once is what tells the screen whether the county is out of reach.
            shared.wake.notify_one();
        }
        tokio::time::sleep(jitter(pause)).await;
        pause = (pause * 2).min(LONGEST_SILENCE);
    }
}

/// Between half and one and a half times the pause, so that a thousand devices do not return in one instant.
fn jitter(pause: Duration) -> Duration {
    let [byte] = crypto::secret::random_bytes::<1>();
    pause.mul_f64(0.5 + f64::from(byte) / 255.0)
}

/// How large a difference of clocks is worth a word to the worker.
pub const LARGE_OFFSET: i64 = 2 * 60 * 1_000;

/// Corrects the device's clock by what the last sync learned, once the difference is large.
pub fn corrected(now: Millis, offset: Option<i64>) -> Millis {
    match offset {
        Some(offset) if offset.abs() >= LARGE_OFFSET => now.plus(-offset),
        _ => now,
    }
}
