//! Tells those who listen that something in their caseload was committed: by this process, or by another beside it.

use crate::db::{Commits, Concerned, Database, Outcome};
use domain::DeviceId;
use domain::caseload::Member;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;

/// A database that does not answer is asked again after so long.
const AGAIN: Duration = Duration::from_secs(1);

/// One commit.
#[derive(Debug)]
pub struct Notice {
    concerned: Concerned,
    /// The device that made it knows already.
    by: Option<DeviceId>,
    /// An admission may have ended, or somebody has another role or team.
    pub recheck: bool,
}

impl Notice {
    /// Whether it is news to this listener.
    pub fn is_for(&self, member: &Member, device: DeviceId) -> bool {
        self.by != Some(device) && (self.concerned.everyone || self.concerned.users.contains(&member.user))
    }
}

/// Those who listen.
#[derive(Debug)]
pub struct Notifier {
    sender: broadcast::Sender<Arc<Notice>>,
    /// Numbers given by this process, which were announced when they were committed.
    announced: Mutex<Vec<(u64, u64)>>,
}

impl Default for Notifier {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(256), announced: Mutex::default() }
    }
}

impl Notifier {
    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.sender.subscribe()
    }

    /// Announces a commit of this process: changes, or work that was handed over.
    pub fn announce(&self, outcome: &Outcome, by: Option<DeviceId>) {
        if let Some(numbers) = outcome.numbers {
            self.announced.lock().unwrap_or_else(PoisonError::into_inner).push(numbers);
        }
        if outcome.concerned != Concerned::default() {
            let concerned = outcome.concerned.clone();
            // Among the county's own records are those that say who works here, and as what.
            self.send(Notice { recheck: concerned.everyone, concerned, by });
        }
    }

    fn send(&self, notice: Notice) {
        // Nobody listening is no failure.
        let _ = self.sender.send(Arc::new(notice));
    }

    /// Watches for commits of other processes, for ever.
    pub async fn watch(&self, db: &dyn Database) {
        let mut seen: Option<(i64, u64)> = None;
        let mut admissions = None;
        loop {
            let version = match db.changed(seen.map(|(version, _)| version)).await {
                Ok(version) => version,
                Err(error) => {
                    tracing::warn!(%error, "commits of other processes cannot be seen");
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
            };
            let Some((_, last)) = seen else {
                seen = db.county().await.ok().map(|county| (version, county.seq));
                continue;
            };
            let announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner).clone();
            match db.concerned(last, announced).await {
                Ok(Commits { concerned, upto, ended }) => {
                    self.forget_announced(upto);
                    let recheck = admissions.replace(ended) != Some(ended) || concerned.everyone;
                    if recheck || concerned != Concerned::default() {
                        self.send(Notice { concerned, by: None, recheck });
                    }
                    seen = Some((version, upto));
                }
                Err(error) => {
                    tracing::warn!(%error, "commits of other processes cannot be read");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    fn forget_announced(&self, upto: u64) {
        let mut announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
        announced.retain(|(_, last)| *last > upto);
    }
}
