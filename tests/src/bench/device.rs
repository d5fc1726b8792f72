//! One device without screens: a store on disk, its way to the county, and the sync engine between them, as the app
//! puts them together. The app itself syncs by itself; here every sync is asked for.

use crate::device::PASSPHRASE;
use app::county::{County, enrol};
use crypto::device_key::DeviceKey;
use crypto::secret::Secret32;
use domain::{Millis, PersonId, TeamId, UserId};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use store::secrets::{self, SecretStore};
use store::{Store, Vault, VaultIds};
use sync::engine;
use sync::enrolment::EnrolmentCode;

/// A device.
pub struct Device {
    /// The vault's folder.
    pub folder: PathBuf,
    /// The open vault.
    pub store: Store,
    /// What its key is bound to.
    pub secret: Secret32,
    /// The worker's team.
    pub team: Option<TeamId>,
    /// The people added on it.
    pub people: Vec<PersonId>,
    county: Option<Arc<County>>,
}

/// What a sync came to.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Synced {
    /// From the first byte to agreed digests, in milliseconds.
    pub ms: f64,
    /// Requests made by the engine: without those that open a session.
    pub requests: u32,
    /// Changes that arrived.
    pub received: u32,
    /// Changes that the county accepted.
    pub accepted: u32,
}

impl Device {
    /// Joins the county. `through` is another address of the same server.
    ///
    /// # Errors
    /// What the county or the disk says.
    pub async fn enrol(folder: &Path, code: &str, through: Option<&str>) -> anyhow::Result<Self> {
        let code: EnrolmentCode = code.parse()?;
        let key = DeviceKey::generate();
        let request = sync::wire::EnrolRequest {
            code: code.secret.clone(),
            key: key.public().to_text(),
            name: "bench".to_owned(),
            platform: std::env::consts::OS.to_owned(),
            app: app::VERSION.to_owned(),
            secret_store: "file".to_owned(),
        };
        let (joined, _) = enrol::enrol(&code, &request).await?;
        let secret = Secret32::random();
        let ids = VaultIds { device: joined.device, user: joined.user, vault: joined.device.to_string() };
        let kept = joined.sealing_key.as_ref().map(|key| (store::SEALING_KEY, key.as_bytes().as_slice()));
        let store = Vault::create(folder, ids, PASSPHRASE, &secret, "file", kept.as_slice())?;
        let county = County::new(
            through.unwrap_or(&code.server),
            code.pin,
            joined.device,
            key,
            joined.certificate,
            None,
        )?;
        Ok(Self {
            folder: folder.to_owned(),
            store,
            secret,
            team: joined.team,
            people: Vec::new(),
            county: Some(Arc::new(county)),
        })
    }

    /// Opens the vault that an app made in its data folder. It does not sync.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(data: &Path, user: UserId) -> anyhow::Result<Self> {
        let folder = app::device::Folder::new(data.to_owned()).vault(user);
        let secret = secrets::load(SecretStore::File, data, "")?;
        let store = Vault::unlock(&folder, PASSPHRASE, &secret, now())?;
        Ok(Self { folder, store, secret, team: None, people: Vec::new(), county: None })
    }

    /// The device's time.
    pub fn now(&self) -> Millis {
        now()
    }

    /// Syncs once, to the end.
    ///
    /// # Errors
    /// What the store or the county says; and a sync after which the digests differ.
    pub async fn sync(&self) -> anyhow::Result<Synced> {
        let Some(county) = self.county.clone() else { anyhow::bail!("this device does not sync") };
        let (mut local, runtime) = (self.store.local_side(), tokio::runtime::Handle::current());
        let start = Instant::now();
        // As in the app: the store's work is disk work and has a thread of its own.
        let run = move || {
            let mut remote = &*county;
            runtime.block_on(engine::run(&mut local, &mut remote, app::VERSION, now, |_| {}))
        };
        let report = tokio::task::spawn_blocking(run).await??;
        anyhow::ensure!(report.agrees, "device and county do not agree: {report:?}");
        anyhow::ensure!(report.refused + report.held == 0, "the county refused something: {report:?}");
        let (requests, received, accepted) = (report.requests, report.received, report.accepted);
        Ok(Synced { ms: super::ms(start.elapsed()), requests, received, accepted })
    }
}

fn now() -> Millis {
    server::server::clock()
}
