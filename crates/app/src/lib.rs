//! One method per thing a worker can do, the same behind every door: Tauri commands, the loopback bridge, Rust tests.
//!
//! - [`App`]: the app; [`command`]: everything that can be asked of it; [`views`]: everything it answers; [`error`]:
//!   the one error
//! - [`device`], [`session`]: the data folder, joining a county, unlocking and locking
//! - [`work`]: what a worker reads and records; [`batch`]: the changes that come of it
//! - [`county`]: the way to the county; [`syncer`]: sync that needs nobody's attention
//! - [`typescript`]: the same types for the screens

pub mod batch;
pub mod command;
pub mod county;
pub mod device;
pub mod error;
mod run;
mod session;
pub mod syncer;
pub mod typescript;
pub mod views;
pub mod work;

pub use command::Command;
pub use error::Error;
pub use store::secrets::Preference;
pub use views::Stale;

use county::lock;
use device::Folder;
use domain::{Millis, PersonId};
use session::Session;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};
use store::Topic;
use tokio::runtime::Handle;
use tokio::sync::broadcast;

/// The version of the app, as the county hears it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The device's clock.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// The clock of this machine.
pub fn system_clock() -> Clock {
    Arc::new(|| Millis(chrono::Utc::now().timestamp_millis()))
}

/// How to start the app.
pub struct Config {
    /// The data folder.
    pub folder: PathBuf,
    /// Where the device secret may be kept.
    pub secrets: Preference,
    /// The device's clock.
    pub clock: Clock,
}

/// The app. Clones share it.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    folder: Folder,
    secrets: Preference,
    clock: Clock,
    runtime: Handle,
    session: Mutex<Option<Arc<Session>>>,
    stale: broadcast::Sender<Stale>,
}

impl App {
    /// Starts the app, locked, on the current tokio runtime.
    pub fn new(config: Config) -> Self {
        Self(Arc::new(Inner {
            folder: Folder::new(config.folder),
            secrets: config.secrets,
            clock: config.clock,
            runtime: Handle::current(),
            session: Mutex::default(),
            stale: broadcast::Sender::new(256),
        }))
    }

    /// What is stale from now on. A receiver that falls behind should read everything again.
    pub fn subscribe(&self) -> broadcast::Receiver<Stale> {
        self.0.stale.subscribe()
    }

    fn folder(&self) -> &Folder {
        &self.0.folder
    }

    fn clock(&self) -> Clock {
        Arc::clone(&self.0.clock)
    }

    fn preference(&self) -> Preference {
        self.0.secrets
    }

    fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    fn session(&self) -> Result<Arc<Session>, Error> {
        lock(&self.0.session).clone().ok_or_else(Error::locked)
    }

    fn take_session(&self) -> Option<Arc<Session>> {
        lock(&self.0.session).take()
    }

    fn put_session(&self, session: Session) {
        let before = lock(&self.0.session).replace(Arc::new(session));
        if let Some(before) = before {
            before.store.clone().lock();
        }
    }

    /// Runs disk work and key derivation where they block nobody.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let task = self.runtime().spawn_blocking(work);
        task.await.unwrap_or_else(|_| Err(Error::new("internal", "the app stumbled; nothing saved is lost")))
    }

    fn stale(&self, topic: &str, person: Option<PersonId>) {
        // Nobody listening is no error.
        let _ = self.0.stale.send(Stale { topic: topic.to_owned(), person });
    }

    fn weak(&self) -> Teller {
        Teller(Arc::downgrade(&self.0))
    }
}

/// Tells the screens what is stale, without keeping the app alive.
struct Teller(Weak<Inner>);

impl Teller {
    fn tell(&self, topics: &[Topic]) {
        let Some(app) = self.0.upgrade().map(App) else { return };
        for topic in topics {
            match topic {
                Topic::People => app.stale("people", None),
                Topic::Person(person) => app.stale("person", Some(*person)),
                Topic::Conflicts => app.stale("look", None),
                Topic::Sync => app.stale("sync", None),
                Topic::Drafts => app.stale("drafts", None),
                Topic::County => app.stale("staff", None),
            }
        }
    }

    fn tell_sync(&self) {
        if let Some(app) = self.0.upgrade().map(App) {
            app.stale("sync", None);
        }
    }
}
