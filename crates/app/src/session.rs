//! Joining a county, unlocking and locking.

use crate::county::{County, Met, enrol};
use crate::syncer::Syncer;
use crate::views::{DeviceState, Me, VaultView};
use crate::work::Worker;
use crate::{App, Error, VERSION, command};
use crypto::device_key::DeviceKey;
use crypto::sealed::SealingPublicKey;
use crypto::secret::Secret32;
use domain::{CountyId, UserId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::secrets::{self, SecretStore};
use store::{Store, Vault, VaultIds};
use sync::enrolment::EnrolmentCode;

/// Minutes without a touch after which the app locks itself on a personal device.
const LOCK_AFTER_MINUTES: u32 = 5;

/// Where a vault's county is. Kept inside the vault.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Home {
    pub(crate) server: String,
    pin: [u8; 32],
    device_key: [u8; 32],
    pub(crate) county: CountyId,
    county_key: String,
    /// What work that is handed over as a file is sealed with.
    #[serde(default)]
    pub(crate) sealing_key: Option<SealingPublicKey>,
    #[serde(default)]
    certificate: String,
    county_name: String,
    timezone: String,
    user_name: String,
    role: String,
    team: Option<domain::TeamId>,
}

const HOME: &str = "app.home";

/// An unlocked vault.
pub(crate) struct Session {
    pub(crate) store: Store,
    pub(crate) worker: Worker,
    pub(crate) home: Home,
    pub(crate) syncer: Syncer,
}

impl App {
    /// What this installation is. Works locked.
    pub fn device_state(&self) -> DeviceState {
        let now = (self.clock())();
        let vaults = self.folder().users().into_iter().map(|(user, name)| {
            let wait = self
                .secret_of(user)
                .ok()
                .and_then(|secret| Vault::wait_ms(&self.folder().vault(user), &secret, now).ok().flatten());
            VaultView { user, name, wait_ms: i64::try_from(wait.unwrap_or(0)).unwrap_or(i64::MAX) }
        });
        let vaults: Vec<VaultView> = vaults.collect();
        let file = vaults.iter().any(|vault| {
            Vault::describe(&self.folder().vault(vault.user))
                .is_ok_and(|(_, store)| store == SecretStore::File.name())
        });
        DeviceState {
            version: VERSION.to_owned(),
            unlocked: self.session().ok().map(|session| session.worker.user),
            os_keystore: !vaults.is_empty() && !file,
            vaults,
        }
    }

    /// Joins a county with a one-time code, makes a vault for its user and unlocks it.
    pub(crate) async fn enrol(&self, request: command::EnrolRequest) -> Result<DeviceState, Error> {
        let code: EnrolmentCode = request
            .code
            .parse()
            .map_err(|_| Error::new("not_a_code", "this is not an enrolment code").at("code"))?;
        crypto::passphrase::check_new(&request.passphrase).map_err(|problem| {
            Error::new(problem.code(), "this passphrase is too easy to guess").at("passphrase")
        })?;
        // The device's own side is tried first: a code that was sent is used up.
        let (secret_store, secret) = self.new_secret()?;
        let key = DeviceKey::generate();
        let sent = sync::wire::EnrolRequest {
            code: code.secret.clone(),
            key: key.public().to_text(),
            name: request.device_name.chars().take(60).collect(),
            platform: std::env::consts::OS.to_owned(),
            app: VERSION.to_owned(),
            secret_store: secret_store.name().to_owned(),
        };
        let (joined, met) = enrol::enrol(&code, &sent).await?;
        let user = joined.user;
        let home = Home {
            server: code.server,
            pin: code.pin,
            device_key: *key.to_bytes().as_bytes(),
            county: joined.county,
            county_key: joined.county_key,
            sealing_key: joined.sealing_key,
            certificate: joined.certificate,
            county_name: joined.county_name,
            timezone: joined.timezone,
            user_name: joined.user_name.clone(),
            role: joined.role,
            team: joined.team,
        };
        let sealing_key = joined.sealing_key;
        let app = self.clone();
        let device = joined.device;
        self.blocking(move || {
            let ids = VaultIds { device, user, vault: device.to_string() };
            let dir = app.folder().vault(user);
            let home = serde_json::to_vec(&home).unwrap_or_default();
            let mut kept = vec![(HOME, home.as_slice())];
            kept.extend(sealing_key.as_ref().map(|key| (store::SEALING_KEY, key.as_bytes().as_slice())));
            let store = Vault::create(&dir, ids, &request.passphrase, &secret, secret_store.name(), &kept)?;
            app.folder().keep_name(user, &joined.user_name)?;
            app.begin(store, Some(met))
        })
        .await?;
        Ok(self.device_state())
    }

    pub(crate) async fn unlock(&self, user: UserId, passphrase: String) -> Result<Me, Error> {
        let app = self.clone();
        self.blocking(move || {
            let secret = app.secret_of(user)?;
            let store = Vault::unlock(&app.folder().vault(user), &passphrase, &secret, (app.clock())())?;
            app.begin(store, None)
        })
        .await?;
        self.me()
    }

    pub(crate) async fn change_passphrase(&self, old: String, new: String) -> Result<(), Error> {
        let session = self.session()?;
        let app = self.clone();
        self.blocking(move || {
            let user = session.worker.user;
            let secret = app.secret_of(user)?;
            Ok(Vault::change_passphrase(&app.folder().vault(user), &old, &new, &secret, (app.clock())())?)
        })
        .await
    }

    /// Closes the vault and drops the keys.
    pub fn lock(&self) {
        if let Some(session) = self.take_session() {
            session.store.clone().lock();
            self.stale("session", None);
        }
    }

    /// Who is working. The county's own records count; what enrolment said stands in until they arrive.
    pub(crate) fn me(&self) -> Result<Me, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let settings = session.store.settings()?.unwrap_or_default();
        let teams = session.store.teams()?;
        let team_name = reader.member.team.and_then(|team| {
            teams.iter().find(|(id, _)| *id == team).and_then(|(_, record)| record.name.clone())
        });
        Ok(Me {
            user: session.worker.user,
            device: session.worker.device,
            name: reader
                .names
                .get(&session.worker.user)
                .cloned()
                .unwrap_or_else(|| session.home.user_name.clone()),
            role: domain::codes::CodeList::code(&reader.member.role).to_owned(),
            team: reader.member.team,
            team_name,
            county: settings.name.unwrap_or_else(|| session.home.county_name.clone()),
            timezone: reader.zone.name().to_owned(),
            now: reader.now,
            may_add_people: reader.may_add_people(),
            lock_after_minutes: LOCK_AFTER_MINUTES,
        })
    }

    fn begin(&self, store: Store, met: Option<Met>) -> Result<(), Error> {
        let damaged = || Error::new("vault_damaged", "the vault on this device is damaged");
        let text = store.kept(HOME)?.ok_or_else(damaged)?;
        let home: Home = serde_json::from_slice(&text).map_err(|_| damaged())?;
        let worker = Worker { user: store.ids().user, device: store.ids().device };
        let key = home.device_key();
        let certificate = home.certificate.clone();
        let county = Arc::new(County::new(&home.server, home.pin, worker.device, key, certificate, met)?);
        let app = self.weak();
        store.subscribe(move |topics| app.tell(topics));
        let app = self.weak();
        let _runtime = self.runtime().enter();
        let syncer = Syncer::start(store.clone(), county, self.clock(), move || app.tell_sync());
        self.put_session(Session { store, worker, home, syncer });
        self.stale("session", None);
        Ok(())
    }

    fn secret_of(&self, user: UserId) -> Result<Secret32, Error> {
        let (_, name) = Vault::describe(&self.folder().vault(user))?;
        let missing =
            || Error::new("device_secret_missing", "the keystore does not have this device's secret");
        let kept = SecretStore::from_name(&name).ok_or_else(missing)?;
        secrets::load(kept, self.folder().path(), &self.account())
            .map_err(|error| store::UnlockError::from(error).into())
    }

    fn new_secret(&self) -> Result<(SecretStore, Secret32), Error> {
        std::fs::create_dir_all(self.folder().path()).map_err(store::UnlockError::from)?;
        let found = secrets::obtain(self.folder().path(), &self.account(), self.preference());
        found.map_err(|error| store::UnlockError::from(error).into())
    }

    /// Tells this installation apart from others of the same owner, in the owner's keystore.
    fn account(&self) -> String {
        let path = self.folder().path().to_string_lossy().into_owned();
        crypto::proof::body_digest(path.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Home {
    pub(crate) fn device_key(&self) -> DeviceKey {
        DeviceKey::from_bytes(&Secret32::from_bytes(self.device_key))
    }

    pub(crate) fn timezone(&self) -> &str {
        &self.timezone
    }

    pub(crate) fn role(&self) -> domain::codes::Role {
        domain::codes::CodeList::from_code(&self.role)
    }

    pub(crate) fn team(&self) -> Option<domain::TeamId> {
        self.team
    }
}
