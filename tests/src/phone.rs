//! A device without screens whose every sync is asked for: the store, the engine and the way to the county that the
//! app puts together, each where a test can come between.

use crate::bench::{content, people};
use crate::demo::Dice;
use crate::device::PASSPHRASE;
use crate::vault::RawVault;
use app::batch::Batch;
use app::county::{County, enrol};
use crypto::device_key::DeviceKey;
use crypto::secret::Secret32;
use domain::{Millis, PersonId, RecordKind, TeamId};
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use store::{Store, Vault, VaultIds};
use sync::engine::{self, Progress, Report, SyncError};
use sync::enrolment::EnrolmentCode;
use sync::ports::Local;

/// How many people, or visits, are recorded in one transaction.
const AT_ONCE: usize = 100;

/// One device.
pub struct Phone {
    /// The vault's folder.
    pub folder: PathBuf,
    /// The open vault.
    pub store: Store,
    secret: Secret32,
    key: [u8; 32],
    pin: [u8; 32],
    server: String,
    team: Option<TeamId>,
}

impl Phone {
    /// Joins the county. Nothing is synced yet.
    ///
    /// # Errors
    /// What the county or the disk says.
    pub async fn enrol(folder: &Path, code: &str) -> anyhow::Result<Self> {
        let code: EnrolmentCode = code.parse()?;
        let key = DeviceKey::generate();
        let request = sync::wire::EnrolRequest {
            code: code.secret.clone(),
            key: key.public().to_text(),
            name: "phone".to_owned(),
            platform: std::env::consts::OS.to_owned(),
            app: app::VERSION.to_owned(),
            secret_store: "file".to_owned(),
        };
        let (joined, _) = enrol::enrol(&code, &request).await?;
        let secret = Secret32::random();
        let ids = VaultIds { device: joined.device, user: joined.user, vault: joined.device.to_string() };
        let store = Vault::create(folder, ids, PASSPHRASE, &secret, "file", &[])?;
        Ok(Self {
            folder: folder.to_owned(),
            store,
            secret,
            key: *key.to_bytes().as_bytes(),
            pin: code.pin,
            server: code.server,
            team: joined.team,
        })
    }

    /// Its database, past the store.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub fn raw(&self) -> anyhow::Result<RawVault> {
        RawVault::at(&self.folder, &self.secret, PASSPHRASE)
    }

    /// Reaches the county by another line from now on.
    pub fn go_by(&mut self, line: SocketAddr) {
        self.server = format!("https://{line}");
    }

    /// Syncs once over a connection of its own, through whatever `local` makes of the store.
    ///
    /// # Errors
    /// What the store or the county says.
    pub async fn sync<L>(
        &self,
        mut local: L,
        progress: impl FnMut(Progress) + Send + 'static,
    ) -> Result<Report, SyncError<L::Error>>
    where
        L: Local + Send + 'static,
    {
        let key = DeviceKey::from_bytes(&Secret32::from_bytes(self.key));
        let county = County::new(&self.server, self.pin, self.store.ids().device, key, String::new(), None)?;
        let runtime = tokio::runtime::Handle::current();
        // As in the app: the store's work is disk work and has a thread of its own.
        let run = move || {
            runtime.block_on(engine::run(&mut local, &mut &county, app::VERSION, Self::now, progress))
        };
        match tokio::task::spawn_blocking(run).await {
            Ok(result) => result,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    /// The time.
    pub fn now() -> Millis {
        server::server::clock()
    }

    /// Adds people, each with a case that this worker leads, and records so many visits of each.
    ///
    /// # Errors
    /// The domain's or the store's.
    pub fn meet(&self, count: usize, visits: usize, seed: u64) -> anyhow::Result<Vec<PersonId>> {
        let mut dice = Dice(seed);
        let ids = self.store.ids();
        let person = |_| people::person(ids, self.team, Self::now(), &mut dice);
        let met = (0..count).map(person).collect::<anyhow::Result<Vec<_>>>()?;
        let record = |changes| people::record(&self.store, Self::now(), changes);
        for some in met.chunks(AT_ONCE) {
            record(some.iter().flat_map(|(_, changes)| changes).cloned().collect())?;
        }
        let met: Vec<PersonId> = met.into_iter().map(|(person, _)| person).collect();
        for _ in 0..visits {
            for some in met.chunks(AT_ONCE) {
                let visits = some.iter().map(|person| people::visit(ids, Self::now(), *person, &mut dice));
                let visits = visits.collect::<anyhow::Result<Vec<_>>>()?;
                record(visits.into_iter().flatten().collect())?;
            }
        }
        Ok(met)
    }

    /// Records tries at the door that reached nobody, each with a note.
    ///
    /// # Errors
    /// The domain's or the store's.
    pub fn try_often(&self, person: PersonId, notes: &[String]) -> anyhow::Result<()> {
        let now = Self::now();
        let mut batch = Batch::new(self.store.ids().user, self.store.ids().device, now, now);
        for note in notes {
            let attempt =
                json!({ "happened_at": now, "mode": "home-visit", "outcome": "no-answer", "note": note });
            batch.create(RecordKind::ContactAttempt, person, content::fields(attempt))?;
        }
        people::record(&self.store, now, batch.finish().0)
    }

    /// Notes that somebody is to be called today.
    ///
    /// # Errors
    /// The domain's or the store's.
    pub fn call_today(&self, person: PersonId) -> anyhow::Result<()> {
        let now = Self::now();
        let mut batch = Batch::new(self.store.ids().user, self.store.ids().device, now, now);
        let today = now.date_in(chrono_tz::America::New_York);
        let call = json!({ "kind": "call", "due_on": today });
        batch.create(RecordKind::FollowUp, person, content::fields(call))?;
        people::record(&self.store, now, batch.finish().0)
    }
}
