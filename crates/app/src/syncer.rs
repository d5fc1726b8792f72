//! Sync that needs nobody's attention.
//!
//! One task runs while a vault is unlocked. It syncs after every save, when the county says that something changed,
//! when somebody pulls, and every few minutes; when the county cannot be reached it tries again with growing, jittered
//! pauses, and a county that is busy is left alone for as long as it says. A second task keeps the county's event line
//! open; that the line breaks is how the device learns that the network has gone, and that it opens again, that it has
//! returned.

use crate::county::County;
use crate::{Clock, VERSION};
use domain::Millis;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use sync::engine::{self, Line, Progress, Report, SyncError};
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
/// However long a county says that it is busy, it is asked again after this time.
const LONGEST_BUSY: Duration = Duration::from_secs(600);
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
    /// Somebody waits for a sync: not even a busy county is spared.
    asked: Notify,
    doing: watch::Sender<Doing>,
    /// What syncs have learned about the line so far.
    line: tokio::sync::Mutex<Line>,
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
            asked: Notify::new(),
            doing: watch::Sender::default(),
            line: tokio::sync::Mutex::default(),
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

    /// Syncs now and waits for the end of it: what it came to, also when the next one has begun since.
    pub async fn now(&self) -> Doing {
        let mut doing = self.shared.doing.subscribe();
        // A sync that is under way may have looked at the outbox already: the one after it is the one to wait for.
        let ends = doing.borrow().ended + if doing.borrow().running { 2 } else { 1 };
        self.shared.asked.notify_one();
        let _ = doing.wait_for(|now| now.ended >= ends).await;
        let now = self.doing();
        Doing { running: false, ..now }
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
        shared.rest(pause).await;
        shared.set(|doing| {
            // Why the last one failed stands until this one has done better.
            *doing = Doing { running: true, progress: Progress::default(), ..doing.clone() };
        });
        let one = Arc::clone(&shared);
        let handle = tokio::runtime::Handle::current();
        // The store's work is disk work: it has a thread of its own.
        let result = tokio::task::spawn_blocking(move || handle.block_on(one.once())).await;
        let (trouble, local_trouble) = match result {
            Ok(Ok(_)) => (None, None),
            Ok(Err(SyncError::Remote(trouble))) => (Some(trouble), None),
            Ok(Err(SyncError::Local(error))) => (None, Some(crate::Error::from(error).code)),
            // A defect of ours: it must not look like a sync that goes on for ever, nor like one that went well.
            Err(_) => (None, Some("internal".to_owned())),
        };
        let well = trouble.is_none() && local_trouble.is_none();
        pause = if well { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        shared.set(|doing| {
            *doing = Doing { trouble, local_trouble, ended: doing.ended + 1, ..Doing::default() };
        });
    }
}

/// How long to wait before the next sync, and whether a mere save or event may cut that short.
fn wait(doing: &Doing, pause: Duration) -> (Duration, bool) {
    match &doing.trouble {
        // A thousand devices that were told the same time do not return in one instant.
        Some(RemoteError::Busy { retry_after }) => {
            let told = Duration::from_secs(*retry_after).min(LONGEST_BUSY);
            (told + jitter(told.min(LONGEST_PAUSE)), false)
        }
        Some(_) => (jitter(pause), true),
        None if doing.local_trouble.is_some() => (jitter(pause), true),
        None => (EVERY, true),
    }
}

impl Shared {
    /// Waits until it is time for the next sync.
    async fn rest(&self, pause: Duration) {
        let (wait, wakes) = wait(&self.doing.borrow(), pause);
        let woken = async { if wakes { self.wake.notified().await } else { std::future::pending().await } };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = woken => {}
            () = self.asked.notified() => {}
        }
    }

    async fn once(&self) -> Result<Report, SyncError<store::StoreError>> {
        let mut local = self.store.local_side();
        let mut remote = &*self.county;
        let clock = || (self.clock)();
        let progress = |progress| self.set(|doing| doing.progress = progress);
        let line = &mut *self.line.lock().await;
        let mut report = engine::run_over(line, &mut local, &mut remote, VERSION, clock, progress).await?;
        for _ in 0..AGAIN {
            if local.outbox(1, usize::MAX, clock()).map_err(SyncError::Local)?.lines.is_empty() {
                break;
            }
            report = engine::run_over(line, &mut local, &mut remote, VERSION, clock, progress).await?;
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
    // A thin line is for the first sync: another handshake beside it takes a third of a second of it, and without the
    // nonce that the county's answer brings, a round trip more.
    let mut doing = shared.doing.subscribe();
    let begun = doing.wait_for(|doing| doing.progress.answered || doing.ended > 0).await.is_ok();
    drop(doing);
    if !begun {
        return;
    }
    let (mut pause, mut reached) = (FIRST_PAUSE, true);
    loop {
        let line = shared.county.events().await;
        let told = match &line {
            Err(RemoteError::Busy { retry_after }) => Duration::from_secs(*retry_after).min(LONGEST_BUSY),
            _ => Duration::ZERO,
        };
        if let Err(RemoteError::Unreachable | RemoteError::Interrupted) = &line
            && std::mem::take(&mut reached)
        {
            // It answered before. A sync that fails is what tells the screen.
            shared.wake.notify_one();
        }
        if let Ok(mut line) = line {
            (pause, reached) = (FIRST_PAUSE, true);
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
        tokio::time::sleep(told + jitter(pause)).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn after(trouble: RemoteError) -> (Duration, bool) {
        wait(&Doing { trouble: Some(trouble), ..Doing::default() }, FIRST_PAUSE)
    }

    #[test]
    fn a_busy_county_is_left_alone_as_long_as_it_says_and_not_for_ever() {
        for _ in 0..200 {
            let (pause, wakes) = after(RemoteError::Busy { retry_after: 30 });
            assert!(pause >= Duration::from_secs(30) && !wakes, "{pause:?}");
            let (pause, _) = after(RemoteError::Busy { retry_after: u64::MAX });
            assert!(pause <= LONGEST_BUSY * 2, "{pause:?}");
        }
    }

    #[test]
    fn after_another_failure_a_save_may_try_at_once_and_pauses_are_spread() {
        let pauses: std::collections::BTreeSet<_> =
            (0..200).map(|_| after(RemoteError::Unreachable)).collect();
        assert!(pauses.iter().all(|(pause, wakes)| *wakes && *pause >= FIRST_PAUSE / 2));
        assert!(pauses.len() > 20, "a thousand devices do not return in one instant");
        assert_eq!(wait(&Doing::default(), FIRST_PAUSE), (EVERY, true));
    }
}
