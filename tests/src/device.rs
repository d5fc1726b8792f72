//! The real app on a folder of its own: one device of one person.

use app::{App, Command, Config, Preference, Stale, system_clock};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The passphrase of every invented person.
pub const PASSPHRASE: &str = "correct porch lantern river";

/// How long a story waits for something that must happen. Long, because machines are slow; never slept through.
const PATIENCE: Duration = Duration::from_secs(60);

/// One device.
pub struct Device {
    /// Its data folder.
    pub folder: PathBuf,
    /// The app.
    pub app: App,
    user: Value,
}

impl Device {
    /// A device that was never used.
    pub fn new(folder: &Path) -> Self {
        Self::with_clock(folder, system_clock())
    }

    /// A device with a clock of its own.
    pub fn with_clock(folder: &Path, clock: app::Clock) -> Self {
        let config = Config { folder: folder.to_owned(), secrets: Preference::FileOnly, clock };
        Self { folder: folder.to_owned(), app: App::new(config), user: Value::Null }
    }

    /// Enrols with a code, and waits until the first sync has agreed with the county.
    ///
    /// # Errors
    /// The app's.
    pub async fn enrol(folder: &Path, code: &str, name: &str) -> Result<Self, app::Error> {
        let mut device = Self::new(folder);
        device.join(code, name).await?;
        device.until_agreed().await?;
        Ok(device)
    }

    /// Enrols with a code. The first sync goes on by itself.
    ///
    /// # Errors
    /// The app's.
    pub async fn join(&mut self, code: &str, name: &str) -> Result<(), app::Error> {
        let enrol = json!({ "do": "enrol", "code": code, "passphrase": PASSPHRASE, "device_name": name });
        self.user = self.call(enrol).await?["unlocked"].clone();
        Ok(())
    }

    /// The app on a folder where somebody enrolled before, locked.
    pub fn at(folder: &Path, user: &str) -> Self {
        Self { user: json!(user), ..Self::new(folder) }
    }

    /// Another start of the app on the same folder, locked.
    pub fn restarted(&self) -> Self {
        Self { user: self.user.clone(), ..Self::new(&self.folder) }
    }

    /// Unlocks.
    ///
    /// # Errors
    /// The app's.
    pub async fn unlock(&self) -> Result<Value, app::Error> {
        self.call(json!({ "do": "unlock", "user": self.user, "passphrase": PASSPHRASE })).await
    }

    /// The id of the user who enrolled.
    pub fn user(&self) -> &str {
        self.user.as_str().unwrap_or_default()
    }

    /// Runs a command, written as the screens write it.
    ///
    /// # Errors
    /// The app's; `bad_command` where this version has no such command.
    pub async fn call(&self, command: Value) -> Result<Value, app::Error> {
        let command: Command = serde_json::from_value(command)
            .map_err(|_| app::Error::new("bad_command", "this version has no such command"))?;
        self.app.run(command).await
    }

    /// Reads a view again, whenever something is stale, until it is as it must become. Whom the device does not hold yet
    /// may still come.
    ///
    /// # Errors
    /// `still_waiting` when it does not become so.
    pub async fn until(
        &self,
        command: Value,
        mut done: impl FnMut(&Value) -> bool,
    ) -> Result<Value, app::Error> {
        let mut stale = self.app.subscribe();
        let mut last = Value::Null;
        let wait = async {
            loop {
                match self.call(command.clone()).await {
                    Err(error) if error.code == "not_found" => {}
                    seen => {
                        last = seen?;
                        if done(&last) {
                            return Ok(last.clone());
                        }
                    }
                }
                next(&mut stale).await;
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(seen) => seen,
            Err(_) => {
                // The people of the stories are invented, so a failing one may show what it saw.
                Err(app::Error::new("still_waiting", &format!("{command} stayed {last}")))
            }
        }
    }

    /// Waits until nothing is unsent and the digests match.
    ///
    /// # Errors
    /// As [`Device::until`].
    pub async fn until_agreed(&self) -> Result<Value, app::Error> {
        self.until(json!({ "do": "sync_state" }), |sync| sync["phase"] == "up_to_date").await
    }
}

/// The next word that something is stale. Having missed some is one, too.
async fn next(stale: &mut tokio::sync::broadcast::Receiver<Stale>) {
    // The app is alive as long as the device is, so the channel is open.
    let _ = stale.recv().await;
}
